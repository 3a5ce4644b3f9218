/* SPDX-License-Identifier: MIT */
#include "nn/linear.h"

#include <math.h>
#include <stdlib.h>

#include "nn/backend.h"

struct linear {
  size_t in, out;
  xnn_operator_t product;
  /* Only for weights that are integers: */
  xnn_operator_t rounding;
  int8_t *rounded;                       /* (LINEAR_ROWS, in) */
  struct xnn_quantization_params *spans; /* (LINEAR_ROWS) */
};

static emovox_status create_product(linear *self, const weights *weight, const float *bias) {
  size_t in = self->in, out = self->out;
  enum xnn_status created;
  if (weight->integers)
    created = xnn_create_fully_connected_nc_qd8_f32_qc8w(in, out, in, out, weight->floats, weight->integers, bias,
                                                         -INFINITY, INFINITY, 0, NULL, NULL, &self->product);
  else
    created = xnn_create_fully_connected_nc_f32(in, out, in, out, weight->floats, bias, -INFINITY, INFINITY, 0, NULL,
                                                NULL, &self->product);
  return backend_created(created, self->product);
}

static emovox_status create_rounding(linear *self) {
  self->rounded = calloc(LINEAR_ROWS * self->in + XNN_EXTRA_BYTES, 1); /* what is beyond counts 0 times, but is read */
  self->spans = malloc((LINEAR_ROWS + XNN_EXTRA_QUANTIZATION_PARAMS) * sizeof *self->spans);
  if (!self->rounded || !self->spans) return EMOVOX_ERROR_MEMORY;
  enum xnn_status created = xnn_create_convert_nc_f32_qd8(0, &self->rounding);
  return backend_created(created, self->rounding);
}

emovox_status linear_create(size_t in, size_t out, const weights *weight, const float *bias, linear **layer) {
  emovox_status status = backend_start();
  if (status) return status;
  linear *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  self->in = in;
  self->out = out;
  status = create_product(self, weight, bias);
  if (!status && weight->integers) status = create_rounding(self);
  if (status)
    linear_destroy(self);
  else
    *layer = self;
  return status;
}

void linear_destroy(linear *self) {
  if (!self) return;
  if (self->product) xnn_delete_operator(self->product);
  if (self->rounding) xnn_delete_operator(self->rounding);
  free(self->rounded);
  free(self->spans);
  free(self);
}

/* Rounds up to LINEAR_ROWS rows. */
static int rounds(linear *self, const float *input, size_t rows) {
  return !xnn_reshape_convert_nc_f32_qd8(self->rounding, rows, self->in, self->in, self->in, NULL) &&
         !xnn_setup_convert_nc_f32_qd8(self->rounding, input, self->rounded, self->spans) &&
         !xnn_run_operator(self->rounding, NULL);
}

static int multiplies_floats(linear *self, const float *input, size_t rows, float *output) {
  return !xnn_reshape_fully_connected_nc_f32(self->product, rows, NULL) &&
         !xnn_setup_fully_connected_nc_f32(self->product, input, output) && !xnn_run_operator(self->product, NULL);
}

/* Multiplies what `from` has rounded. */
static int multiplies_integers(linear *self, const linear *from, size_t rows, float *output) {
  return !xnn_reshape_fully_connected_nc_qd8_f32_qc8w(self->product, rows, NULL) &&
         !xnn_setup_fully_connected_nc_qd8_f32_qc8w(self->product, from->rounded, output, from->spans) &&
         !xnn_run_operator(self->product, NULL);
}

emovox_status linear_run_all(linear *const *layers, size_t count, const float *input, size_t rows,
                             float *const *outputs) {
  for (size_t first = 0; first < rows; first += LINEAR_ROWS) {
    size_t some = rows - first < LINEAR_ROWS ? rows - first : LINEAR_ROWS;
    const float *x = input + first * layers[0]->in;
    const linear *rounded = NULL;
    for (size_t i = 0; i < count; i++) {
      linear *self = layers[i];
      float *y = outputs[i] + first * self->out;
      if (!self->rounding) {
        if (!multiplies_floats(self, x, some, y)) return EMOVOX_ERROR_BACKEND;
        continue;
      }
      if (!rounded && !rounds(self, x, some)) return EMOVOX_ERROR_BACKEND;
      if (!rounded) rounded = self;
      if (!multiplies_integers(self, rounded, some, y)) return EMOVOX_ERROR_BACKEND;
    }
  }
  return EMOVOX_OK;
}

emovox_status linear_run(linear *self, const float *input, size_t rows, float *output) {
  return linear_run_all(&self, 1, input, rows, &output);
}
