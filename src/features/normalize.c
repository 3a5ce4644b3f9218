/* SPDX-License-Identifier: MIT */
#include "features/normalize.h"

float normalize(const normalize_params *params, const float *in, size_t n, float *out) {
  float peak = in[0], floor = -params->range, gain = params->gain, bias = params->bias;
  for (size_t i = 1; i < n; i++)
    peak = in[i] > peak ? in[i] : peak;
  for (size_t i = 0; i < n; i++) {
    float below = in[i] - peak;
    out[i] = (below > floor ? below : floor) * gain + bias;
  }
  return peak;
}
