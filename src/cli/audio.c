/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

struct audio {
  SNDFILE *file;
  float *block;
};

audio *audio_open(const char *path, uint32_t *sample_rate, uint32_t *channels, cli_error *error) {
  FILE *probe = fopen(path, "rb");
  if (!probe) {
    cli_fail(error, "unreadable", "Cannot open the file: %s.", strerror(errno));
    return NULL;
  }
  int first = fgetc(probe);
  fclose(probe);
  if (first == EOF) {
    cli_fail(error, "empty", "The file is empty or a folder.");
    return NULL;
  }
  SF_INFO info = {0};
  SNDFILE *file = sf_open(path, SFM_READ, &info);
  if (!file) {
    cli_fail(error, "undecodable", "Not an audio file that can be decoded: %s", sf_strerror(NULL));
    return NULL;
  }
  audio *self = calloc(1, sizeof *self);
  if (self) self->block = malloc(sizeof(float) * AUDIO_BLOCK * (size_t)info.channels);
  if (!self || !self->block) {
    cli_fail_status(error, EMOVOX_ERROR_MEMORY);
    free(self);
    sf_close(file);
    return NULL;
  }
  self->file = file;
  *sample_rate = (uint32_t)info.samplerate;
  *channels = (uint32_t)info.channels;
  return self;
}

size_t audio_read(audio *self, const float **samples, cli_error *error) {
  sf_count_t frames = sf_readf_float(self->file, self->block, AUDIO_BLOCK);
  *samples = self->block;
  if (frames > 0) return (size_t)frames;
  if (sf_error(self->file)) cli_fail(error, "undecodable", "The file is damaged: %s", sf_strerror(self->file));
  return 0;
}

void audio_close(audio *self) {
  if (!self) return;
  sf_close(self->file);
  free(self->block);
  free(self);
}
