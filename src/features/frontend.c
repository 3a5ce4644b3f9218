/* SPDX-License-Identifier: MIT */
#include "features/frontend.h"

#include <stdlib.h>

#include "features/resample.h"

enum { BLOCK = 1024 };
static const float MAX_SAMPLE = 1e6f; /* beyond, squares could leave the range of float */

struct frontend {
  uint32_t sample_rate, channels;
  uint64_t frames;
  resampler *resampler;
  logmel *logmel;
};

static void on_resampled(const float *samples, size_t n, void *user) {
  logmel_push(((frontend *)user)->logmel, samples, n);
}

emovox_status frontend_create(const emovox_config *config, const logmel_params *params, emovox_frame_callback on_frame,
                              void *user, frontend **out) {
  if (config->channels < 1 || config->channels > EMOVOX_MAX_CHANNELS) return EMOVOX_ERROR_ARGUMENT;
  if (config->sample_rate < EMOVOX_MIN_SAMPLE_RATE || config->sample_rate > EMOVOX_MAX_SAMPLE_RATE)
    return EMOVOX_ERROR_SAMPLE_RATE;
  frontend *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  self->sample_rate = config->sample_rate;
  self->channels = config->channels;
  self->logmel = logmel_create(params, on_frame, user);
  self->resampler = resampler_create(config->sample_rate, (uint32_t)params->sample_rate, on_resampled, self);
  if (!self->logmel || !self->resampler) {
    frontend_destroy(self);
    return EMOVOX_ERROR_MEMORY;
  }
  *out = self;
  return EMOVOX_OK;
}

void frontend_destroy(frontend *self) {
  if (!self) return;
  logmel_destroy(self->logmel);
  resampler_destroy(self->resampler);
  free(self);
}

void frontend_reset(frontend *self) {
  self->frames = 0;
  logmel_reset(self->logmel);
  resampler_reset(self->resampler);
}

emovox_status frontend_check(const frontend *self, const float *samples, size_t frames) {
  if (!samples && frames) return EMOVOX_ERROR_ARGUMENT;
  if (frames > SIZE_MAX / sizeof(float) / self->channels) return EMOVOX_ERROR_ARGUMENT;
  for (size_t i = 0; i < frames * self->channels; i++)
    if (!(samples[i] >= -MAX_SAMPLE && samples[i] <= MAX_SAMPLE)) return EMOVOX_ERROR_NOT_FINITE;
  return EMOVOX_OK;
}

void frontend_push(frontend *self, const float *samples, size_t frames) {
  float mono[BLOCK];
  size_t channels = self->channels;
  self->frames += frames;
  if (channels == 1) {
    resampler_push(self->resampler, samples, frames);
    return;
  }
  while (frames) {
    size_t n = frames < BLOCK ? frames : BLOCK;
    for (size_t i = 0; i < n; i++) {
      float sum = 0;
      for (size_t c = 0; c < channels; c++)
        sum += samples[i * channels + c];
      mono[i] = sum / (float)channels;
    }
    resampler_push(self->resampler, mono, n);
    samples += n * channels;
    frames -= n;
  }
}

void frontend_finish(frontend *self) {
  resampler_finish(self->resampler);
  logmel_finish(self->logmel);
}

uint64_t frontend_frames(const frontend *self) {
  return self->frames;
}

double frontend_seconds(const frontend *self) {
  return (double)self->frames / self->sample_rate;
}
