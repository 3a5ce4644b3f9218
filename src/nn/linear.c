/* SPDX-License-Identifier: MIT */
#include "nn/linear.h"

#include <math.h>
#include <stdlib.h>

#include "nn/backend.h"

struct linear {
  xnn_operator_t operator;
};

emovox_status linear_create(size_t in, size_t out, const float *weight, const float *bias, linear **layer) {
  emovox_status status = backend_start();
  if (status) return status;
  linear *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  enum xnn_status created = xnn_create_fully_connected_nc_f32(in, out, in, out, weight, bias, -INFINITY, INFINITY, 0,
                                                              NULL, NULL, &self->operator);
  status = backend_created(created, self->operator);
  if (status)
    linear_destroy(self);
  else
    *layer = self;
  return status;
}

void linear_destroy(linear *self) {
  if (!self) return;
  if (self->operator) xnn_delete_operator(self->operator);
  free(self);
}

emovox_status linear_run(linear *self, const float *input, size_t rows, float *output) {
  if (xnn_reshape_fully_connected_nc_f32(self->operator, rows, NULL) ||
      xnn_setup_fully_connected_nc_f32(self->operator, input, output) || xnn_run_operator(self->operator, NULL))
    return EMOVOX_ERROR_BACKEND;
  return EMOVOX_OK;
}
