/* SPDX-License-Identifier: MIT */
#include "nn/layer_norm.h"

#include <math.h>

#include "sums.h"

static const float VARIANCE_FLOOR = 1e-5f;

void layer_norm(const float *x, size_t steps, size_t channels, const float *weight, const float *bias,
                float *restrict out) {
  for (size_t t = 0; t < steps; t++, x += channels, out += channels) {
    float mean = sums_of(x, channels) / (float)channels;
    float variance = sums_of_squares(x, mean, channels) / (float)channels;
    float scale = 1 / sqrtf(variance + VARIANCE_FLOOR);
    for (size_t c = 0; c < channels; c++)
      out[c] = (x[c] - mean) * scale * weight[c] + bias[c];
  }
}
