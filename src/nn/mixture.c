/* SPDX-License-Identifier: MIT */
#include "nn/mixture.h"

#include <math.h>

/* The components of one label. */
static double log_sum_exp(const mixture *self, const double *logits, size_t label) {
  double max = -INFINITY, sum = 0;
  for (size_t c = 0; c < self->components; c++)
    if (self->label[c] == label && logits[c] > max) max = logits[c];
  for (size_t c = 0; c < self->components; c++)
    if (self->label[c] == label) sum += exp(logits[c] - max);
  return max + log(sum);
}

void mixture_log_probabilities(const mixture *self, const double *logits, double *out) {
  double max = -INFINITY, sum = 0;
  for (size_t y = 0; y < self->labels; y++) {
    out[y] = log_sum_exp(self, logits, y);
    if (out[y] > max) max = out[y];
  }
  for (size_t y = 0; y < self->labels; y++)
    sum += exp(out[y] - max);
  for (size_t y = 0; y < self->labels; y++)
    out[y] -= max + log(sum);
}
