/* SPDX-License-Identifier: MIT */
#include "nn/layer_norm.h"

#include <math.h>

static const float VARIANCE_FLOOR = 1e-5f;

void layer_norm(const float *x, size_t steps, size_t channels, const float *weight, const float *bias,
                float *restrict out) {
  for (size_t t = 0; t < steps; t++, x += channels, out += channels) {
    float mean = 0, variance = 0;
    for (size_t c = 0; c < channels; c++)
      mean += x[c];
    mean /= (float)channels;
    for (size_t c = 0; c < channels; c++)
      variance += (x[c] - mean) * (x[c] - mean);
    float scale = 1 / sqrtf(variance / (float)channels + VARIANCE_FLOOR);
    for (size_t c = 0; c < channels; c++)
      out[c] = (x[c] - mean) * scale * weight[c] + bias[c];
  }
}
