/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const char *const CUT_SHORT = "The file is cut short: get a complete copy.";
static const char *const TOO_LONG = "WAV files end at 4 GiB, and this one goes on: save it as RF64, W64 or FLAC.";

struct audio {
  SNDFILE *file;
  float *block;
  sf_count_t left; /* frames that the header promises and that have not come yet; 0 where it does not say */
};

/* What libsndfile would say nothing of: a RIFF file that is shorter than it says, or longer than it can say. NULL if
 * nothing is wrong. */
static const char *riff_fault(FILE *file) {
  uint8_t header[8];
  if (fread(header, 1, sizeof header, file) != sizeof header || memcmp(header, "RIFF", 4) != 0) return NULL;
  uint32_t size =
      (uint32_t)header[4] | (uint32_t)header[5] << 8 | (uint32_t)header[6] << 16 | (uint32_t)header[7] << 24;
  if (fseek(file, 0, SEEK_END)) return NULL;
  long end = ftell(file);
  if (end > 0 && (uint64_t)end > (uint64_t)UINT32_MAX + 8) return TOO_LONG;
  if (size >= 0x7ffff000) return NULL; /* what programs write that stream to a pipe: unknown */
  return end >= 0 && (uint64_t)end + 1 < (uint64_t)size + 8 ? CUT_SHORT : NULL; /* some leave out the padding byte */
}

audio *audio_open(const char *path, uint32_t *sample_rate, uint32_t *channels, cli_error *error) {
  FILE *probe = fopen(path, "rb");
  if (!probe) {
    cli_fail(error, "unreadable", "Cannot open the file: %s.", strerror(errno));
    return NULL;
  }
  int empty = fgetc(probe) == EOF;
  rewind(probe);
  const char *fault = empty ? NULL : riff_fault(probe);
  fclose(probe);
  if (empty) {
    cli_fail(error, "empty", "The file is empty or a folder.");
    return NULL;
  }
  if (fault) {
    cli_fail(error, "undecodable", "%s", fault);
    return NULL;
  }
  SF_INFO info = {0};
  SNDFILE *file = sf_open(path, SFM_READ, &info);
  if (!file) {
    cli_fail(error, "undecodable", "Not an audio file that can be decoded: use WAV, FLAC, Ogg, Opus or MP3.");
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
  if ((info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC && info.frames < SF_COUNT_MAX) self->left = info.frames;
  *sample_rate = (uint32_t)info.samplerate;
  *channels = (uint32_t)info.channels;
  return self;
}

size_t audio_read(audio *self, const float **samples, cli_error *error) {
  sf_count_t frames = sf_readf_float(self->file, self->block, AUDIO_BLOCK);
  *samples = self->block;
  if (frames > 0) {
    self->left -= frames < self->left ? frames : self->left;
    return (size_t)frames;
  }
  if (sf_error(self->file))
    cli_fail(error, "undecodable", "The file is damaged: %s", sf_strerror(self->file));
  else if (self->left)
    cli_fail(error, "undecodable", "%s", CUT_SHORT);
  return 0;
}

void audio_close(audio *self) {
  if (!self) return;
  sf_close(self->file);
  free(self->block);
  free(self);
}
