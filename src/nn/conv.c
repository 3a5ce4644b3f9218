/* SPDX-License-Identifier: MIT */
#include "nn/conv.h"

#include <stdlib.h>
#include <string.h>

/* What an output depends on is kernel * in numbers. With these in a row, a convolution is a fully connected layer. */
struct conv {
  conv_params params;
  linear *layer;
  float *rows; /* (LINEAR_ROWS, kernel * in) */
};

size_t conv_steps(const conv_params *p, size_t steps) {
  return (steps - 1) / p->stride + 1;
}

/* PyTorch's (out, in, kernel) to (out, kernel, in), of floats or integers. */
static void order(const conv_params *p, const weights *from, weights *to) {
  for (size_t o = 0; o < p->out; o++)
    for (size_t k = 0; k < p->kernel; k++)
      for (size_t i = 0; i < p->in; i++) {
        size_t source = (o * p->in + i) * p->kernel + k, target = (o * p->kernel + k) * p->in + i;
        if (from->integers)
          to->integers[target] = from->integers[source];
        else
          to->floats[target] = from->floats[source];
      }
}

static emovox_status build(conv *self, const weights *weight, const float *bias) {
  const conv_params *p = &self->params;
  size_t row = p->kernel * p->in;
  void *ordered = malloc(p->out * row * (weight->integers ? sizeof(int8_t) : sizeof(float)));
  self->rows = malloc((LINEAR_ROWS * row + NN_PADDING) * sizeof(float));
  emovox_status status = ordered && self->rows ? EMOVOX_OK : EMOVOX_ERROR_MEMORY;
  if (!status) {
    weights w = weight->integers ? (weights){ordered, weight->floats} : (weights){NULL, ordered};
    order(p, weight, &w);
    status = linear_create(row, p->out, &w, bias, &self->layer);
  }
  free(ordered);
  return status;
}

emovox_status conv_create(const conv_params *params, const weights *weight, const float *bias, conv **out) {
  conv *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  self->params = *params;
  emovox_status status = build(self, weight, bias);
  if (status)
    conv_destroy(self);
  else
    *out = self;
  return status;
}

void conv_destroy(conv *self) {
  if (!self) return;
  linear_destroy(self->layer);
  free(self->rows);
  free(self);
}

/* What output t depends on. */
static void take_row(const conv_params *p, const float *input, size_t steps, size_t t, float *row) {
  for (size_t k = 0; k < p->kernel; k++, row += p->in) {
    size_t s = t * p->stride + k - p->kernel / 2; /* wraps to beyond the end */
    if (s < steps)
      memcpy(row, input + s * p->in, p->in * sizeof(float));
    else
      memset(row, 0, p->in * sizeof(float));
  }
}

emovox_status conv_run(conv *self, const float *input, size_t steps, float *output) {
  const conv_params *p = &self->params;
  size_t count = conv_steps(p, steps);
  emovox_status status = EMOVOX_OK;
  for (size_t first = 0; first < count && !status; first += LINEAR_ROWS) {
    size_t some = count - first < LINEAR_ROWS ? count - first : LINEAR_ROWS;
    for (size_t t = 0; t < some; t++)
      take_row(p, input, steps, first + t, self->rows + t * p->kernel * p->in);
    status = linear_run(self->layer, self->rows, some, output + first * p->out);
  }
  return status;
}
