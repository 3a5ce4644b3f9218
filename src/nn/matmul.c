/* SPDX-License-Identifier: MIT */
#include "nn/matmul.h"

#include <stdlib.h>

#include "nn/backend.h"

struct matmul {
  xnn_operator_t operator;
  workspace packed; /* the second matrix in the order of XNNPACK's kernels */
};

static emovox_status reshape(matmul *self, size_t m, size_t k, size_t n, size_t *size, size_t *alignment) {
  const size_t batch = 1;
  if (xnn_reshape_batch_matrix_multiply_nc_f32(self->operator, 1, &batch, &batch, m, k, n, size, alignment, NULL))
    return EMOVOX_ERROR_BACKEND;
  return EMOVOX_OK;
}

emovox_status matmul_create(size_t max_k, size_t max_n, int transposed, matmul **out) {
  emovox_status status = backend_start();
  if (status) return status;
  matmul *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  enum xnn_status created =
      xnn_create_batch_matrix_multiply_nc_f32(transposed ? XNN_FLAG_TRANSPOSE_B : 0, &self->operator);
  size_t size = 0, alignment = 1;
  status = backend_created(created, self->operator);
  if (!status) status = reshape(self, 1, max_k, max_n, &size, &alignment);
  if (!status) status = workspace_allocate(&self->packed, size, alignment);
  if (status)
    matmul_destroy(self);
  else
    *out = self;
  return status;
}

void matmul_destroy(matmul *self) {
  if (!self) return;
  if (self->operator) xnn_delete_operator(self->operator);
  workspace_free(&self->packed);
  free(self);
}

emovox_status matmul_run(matmul *self, const float *a, const float *b, size_t m, size_t k, size_t n, float *out) {
  size_t size, alignment;
  emovox_status status = reshape(self, m, k, n, &size, &alignment);
  if (status) return status;
  if (xnn_setup_batch_matrix_multiply_nc_f32(self->operator, self->packed.aligned, a, b, out) ||
      xnn_run_operator(self->operator, NULL))
    return EMOVOX_ERROR_BACKEND;
  return EMOVOX_OK;
}
