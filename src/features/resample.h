/* Sample-rate conversion, streamed: speexdsp's windowed-sinc resampler with its delay taken out.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_FEATURES_RESAMPLE_H
#define EMOVOX_FEATURES_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* Called with n > 0 samples at the output rate. */
typedef void (*resample_callback)(const float *samples, size_t n, void *user);

typedef struct resampler resampler;

/* Rates in Hz, 8000 .. 192000; equal rates pass samples through unchanged. NULL without memory. */
resampler *resampler_create(uint32_t in_rate, uint32_t out_rate, resample_callback on_samples, void *user);
void resampler_destroy(resampler *self);
void resampler_reset(resampler *self);

/* Adds n samples at the input rate. */
void resampler_push(resampler *self, const float *samples, size_t n);

/* Drains the filter: after n samples in all, round(n * out_rate / in_rate) have been handed out. */
void resampler_finish(resampler *self);

#endif
