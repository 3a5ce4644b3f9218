/* What all commands share: the model, the speaker's profile, one recording.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* A whole file in a new block. NULL on failure, with errno set. */
static void *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  int folder = fgetc(file) == EOF && ferror(file); /* which opens, but cannot be read */
  long end = !folder && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  void *bytes = end >= 0 ? malloc((size_t)end + 1) : NULL;
  if (bytes && (fseek(file, 0, SEEK_SET) || fread(bytes, 1, (size_t)end, file) != (size_t)end)) {
    free(bytes);
    bytes = NULL;
    errno = EIO;
  }
  fclose(file);
  *size = (size_t)end;
  return bytes;
}

static const char *model_path(const char *model, char *buffer, size_t size) {
  if (strchr(model, '/') || strchr(model, '.')) return model;
  const char *folder = getenv("EMOVOX_MODEL_DIR");
  snprintf(buffer, size, "%s/emovox-%s.safetensors", folder && *folder ? folder : EMOVOX_MODEL_DIR, model);
  return buffer;
}

emovox_model *session_model(const char *name) {
  char buffer[4096];
  const char *path = model_path(name, buffer, sizeof buffer);
  emovox_model *model = NULL;
  size_t size;
  void *bytes = read_file(path, &size);
  if (!bytes) {
    fprintf(stderr, "emovox: cannot read the model %s\n", path);
    return NULL;
  }
  emovox_status status = emovox_model_create(bytes, size, &model);
  if (status) fprintf(stderr, "emovox: %s: %s\n", path, emovox_strerror(status));
  free(bytes);
  return model;
}

emovox_speaker *session_speaker(const emovox_model *model, const char *path, int may_be_new) {
  emovox_speaker *speaker = NULL;
  emovox_status status = emovox_speaker_create(model, &speaker);
  if (status) {
    fprintf(stderr, "emovox: %s\n", emovox_strerror(status));
    return NULL;
  }
  if (!path) return speaker;
  size_t size;
  void *bytes = read_file(path, &size);
  if (!bytes && errno == ENOENT && may_be_new) return speaker;
  if (!bytes)
    fprintf(stderr, "emovox: cannot read %s: %s\n", path, strerror(errno));
  else if ((status = emovox_speaker_restore(speaker, bytes, size)))
    fprintf(stderr, "emovox: %s: %s\n", path, emovox_strerror(status));
  if (!bytes || status) {
    emovox_speaker_destroy(speaker);
    speaker = NULL;
  }
  free(bytes);
  return speaker;
}

int session_save(const emovox_speaker *speaker, const char *path) {
  char draft[4096]; /* put in place when complete, so that a full disk does not cost the old profile */
  unsigned char profile[4096];
  size_t size = sizeof profile;
  int written = 0;
  if (emovox_speaker_save(speaker, profile, &size) == EMOVOX_OK &&
      snprintf(draft, sizeof draft, "%s.tmp", path) < (int)sizeof draft) {
    FILE *file = fopen(draft, "wb");
    written = file && fwrite(profile, 1, size, file) == size;
    if (file && fclose(file)) written = 0;
    written = written && rename(draft, path) == 0;
    if (file && !written) remove(draft);
  }
  if (!written) fprintf(stderr, "emovox: cannot write %s\n", path);
  return written;
}

void session_hear(const emovox_model *model, const char *path, emovox_config config, emovox_summary *summary,
                  cli_error *error) {
  audio *file = audio_open(path, &config.sample_rate, &config.channels, error);
  if (!file) return;
  emovox_analyzer *analyzer = NULL;
  emovox_status status = emovox_analyzer_create(model, &config, &analyzer);
  const float *samples;
  size_t frames;
  while (!status && (frames = audio_read(file, &samples, error)))
    status = emovox_push(analyzer, samples, frames);
  if (!status && !error->code) status = emovox_finish(analyzer, summary);
  if (status) cli_fail_status(error, status);
  emovox_analyzer_destroy(analyzer);
  audio_close(file);
}
