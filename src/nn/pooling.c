/* SPDX-License-Identifier: MIT */
#include "nn/pooling.h"

#include <math.h>
#include <string.h>

#include "nn/activation.h"
#include "sums.h"

static const float VARIANCE_FLOOR = 1e-8f;

void pooling_statistics(const float *frames, size_t steps, size_t channels, float *restrict mean,
                        float *restrict deviation) {
  memset(mean, 0, channels * sizeof(float));
  memset(deviation, 0, channels * sizeof(float));
  for (size_t t = 0; t < steps; t++)
    for (size_t c = 0; c < channels; c++)
      mean[c] += frames[t * channels + c];
  for (size_t c = 0; c < channels; c++)
    mean[c] /= (float)steps;
  for (size_t t = 0; t < steps; t++)
    for (size_t c = 0; c < channels; c++) {
      float d = frames[t * channels + c] - mean[c];
      deviation[c] += d * d;
    }
  for (size_t c = 0; c < channels; c++)
    deviation[c] = sqrtf(deviation[c] / (float)steps + VARIANCE_FLOOR);
}

void pooling_attention(const float *frames, size_t steps, size_t channels, const float *weight, float bias,
                       float *restrict scores, float *restrict out) {
  for (size_t t = 0; t < steps; t++)
    scores[t] = bias + sums_of_products(weight, frames + t * channels, channels);
  activation_softmax(scores, steps);
  memset(out, 0, channels * sizeof(float));
  for (size_t t = 0; t < steps; t++)
    for (size_t c = 0; c < channels; c++)
      out[c] += scores[t] * frames[t * channels + c];
}
