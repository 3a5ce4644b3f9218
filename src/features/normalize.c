/* SPDX-License-Identifier: MIT */
#include "features/normalize.h"

#include "bits.h"

float normalize(const normalize_params *params, const float *in, size_t n, float *out) {
  int32_t most = INT32_MIN;
  for (size_t i = 0; i < n; i++)
    most = bits_order(in[i]) > most ? bits_order(in[i]) : most;
  float peak = bits_ordered(most), range = params->range, gain = params->gain, bias = params->bias;
  for (size_t i = 0; i < n; i++)
    out[i] = bias - gain * bits_clamp(peak - in[i], range);
  return peak;
}
