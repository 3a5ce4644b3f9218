/* SPDX-License-Identifier: MIT */
#include "features/flux.h"

#include <math.h>

float flux(const float *frames, size_t count, size_t bands, size_t edge) {
  if (count < 2 * edge + 2) return INFINITY;
  double sum = 0;
  for (size_t t = edge + 1; t < count - edge; t++) {
    const float *x = frames + t * bands, *before = x - bands;
    float most = 0;
    for (size_t b = 0; b < bands; b++)
      most = fmaxf(most, fabsf(x[b] - before[b]));
    sum += (double)most;
  }
  return (float)(sum / (double)(count - 2 * edge - 1));
}
