/* SPDX-License-Identifier: MIT */
#include "features/resample.h"

#include <speex/speex_resampler.h>
#include <stdlib.h>

enum { QUALITY = 6, BLOCK = 512 }; /* -3 dB at 7.6 kHz; stop band below -90 dB */

struct resampler {
  SpeexResamplerState *state; /* NULL when the rates are equal */
  uint32_t in_rate, out_rate;
  resample_callback on_samples;
  void *user;
  uint64_t consumed, produced; /* samples since reset */
};

resampler *resampler_create(uint32_t in_rate, uint32_t out_rate, resample_callback on_samples, void *user) {
  resampler *self = calloc(1, sizeof *self);
  if (!self) return NULL;
  self->in_rate = in_rate;
  self->out_rate = out_rate;
  self->on_samples = on_samples;
  self->user = user;
  if (in_rate != out_rate) {
    int error = RESAMPLER_ERR_SUCCESS;
    self->state = speex_resampler_init(1, in_rate, out_rate, QUALITY, &error);
    if (!self->state || error != RESAMPLER_ERR_SUCCESS) {
      resampler_destroy(self);
      return NULL;
    }
  }
  resampler_reset(self);
  return self;
}

void resampler_destroy(resampler *self) {
  if (!self) return;
  if (self->state) speex_resampler_destroy(self->state);
  free(self);
}

void resampler_reset(resampler *self) {
  self->consumed = self->produced = 0;
  if (!self->state) return;
  speex_resampler_reset_mem(self->state);
  speex_resampler_skip_zeros(self->state);
}

/* Runs n samples through the filter and hands out at most `limit` samples in all. */
static void convert(resampler *self, const float *samples, size_t n, uint64_t limit) {
  float out[BLOCK];
  while (n) {
    spx_uint32_t taken = n < BLOCK ? (spx_uint32_t)n : BLOCK, made = BLOCK;
    speex_resampler_process_float(self->state, 0, samples, &taken, out, &made);
    samples += taken;
    n -= taken;
    uint64_t room = limit - self->produced;
    if (made > room) made = (spx_uint32_t)room;
    self->produced += made;
    if (made) self->on_samples(out, made, self->user);
  }
}

void resampler_push(resampler *self, const float *samples, size_t n) {
  self->consumed += n;
  if (self->state)
    convert(self, samples, n, UINT64_MAX);
  else if (n)
    self->on_samples(samples, n, self->user);
}

void resampler_finish(resampler *self) {
  static const float zeros[64] = {0};
  if (!self->state) return;
  uint64_t total = (self->consumed * self->out_rate + self->in_rate / 2) / self->in_rate;
  while (self->produced < total)
    convert(self, zeros, 64, total);
}
