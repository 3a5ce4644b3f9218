/* SPDX-License-Identifier: MIT */
#include "nn/lstm.h"

#include <stdlib.h>
#include <string.h>

#include "nn/activation.h"

struct lstm {
  lstm_params params;
  linear *projection; /* in -> 4 hidden */
  float *recurrent;   /* (hidden, 4 hidden): transposed, so that the product is a sum of scaled rows */
  float *projected;   /* (max_steps, 4 hidden) */
  float *cell;        /* (hidden) */
};

static emovox_status build(lstm *self, size_t max_steps, const weights *input_weight, const float *recurrent_weight,
                           const float *bias) {
  size_t in = self->params.in, hidden = self->params.hidden, gates = 4 * hidden;
  self->recurrent = malloc(hidden * gates * sizeof(float));
  self->projected = malloc((max_steps * gates + NN_PADDING) * sizeof(float));
  self->cell = malloc(hidden * sizeof(float));
  if (!self->recurrent || !self->projected || !self->cell) return EMOVOX_ERROR_MEMORY;
  for (size_t g = 0; g < gates; g++)
    for (size_t j = 0; j < hidden; j++)
      self->recurrent[j * gates + g] = recurrent_weight[g * hidden + j];
  return linear_create(in, gates, input_weight, bias, &self->projection);
}

emovox_status lstm_create(const lstm_params *params, size_t max_steps, const weights *input_weight,
                          const float *recurrent_weight, const float *bias, lstm **out) {
  lstm *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  self->params = *params;
  emovox_status status = build(self, max_steps, input_weight, recurrent_weight, bias);
  if (status)
    lstm_destroy(self);
  else
    *out = self;
  return status;
}

void lstm_destroy(lstm *self) {
  if (!self) return;
  linear_destroy(self->projection);
  free(self->recurrent);
  free(self->projected);
  free(self->cell);
  free(self);
}

/* gates[g] += sum over j of hidden[j] * recurrent[j][g]; four rows at a time save three loads and stores of gates. */
static void add_recurrent(float *restrict gates, const float *restrict recurrent, const float *restrict hidden,
                          size_t n) {
  size_t width = 4 * n, j = 0;
  for (; j + 4 <= n; j += 4) {
    const float *r0 = recurrent + j * width, *r1 = r0 + width, *r2 = r1 + width, *r3 = r2 + width;
    float h0 = hidden[j], h1 = hidden[j + 1], h2 = hidden[j + 2], h3 = hidden[j + 3];
    for (size_t g = 0; g < width; g++)
      gates[g] += h0 * r0[g] + h1 * r1[g] + h2 * r2[g] + h3 * r3[g];
  }
  for (; j < n; j++)
    for (size_t g = 0; g < width; g++)
      gates[g] += hidden[j] * recurrent[j * width + g];
}

emovox_status lstm_run(lstm *self, const float *input, size_t steps, float *output, size_t stride) {
  size_t hidden = self->params.hidden;
  emovox_status status = linear_run(self->projection, input, steps, self->projected);
  if (status) return status;
  memset(self->cell, 0, hidden * sizeof(float));
  const float *previous = NULL;
  for (size_t i = 0; i < steps; i++) {
    size_t t = self->params.backward ? steps - 1 - i : i;
    float *gates = self->projected + t * 4 * hidden, *state = output + t * stride;
    if (previous) add_recurrent(gates, self->recurrent, previous, hidden);
    activation_lstm(gates, self->cell, state, hidden);
    previous = state;
  }
  return EMOVOX_OK;
}
