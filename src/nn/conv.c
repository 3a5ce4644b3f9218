/* SPDX-License-Identifier: MIT */
#include "nn/conv.h"

#include <math.h>
#include <stdlib.h>

#include "nn/backend.h"

struct conv {
  xnn_operator_t operator;
  workspace indirection; /* pointers to the inputs of each output */
};

size_t conv_steps(const conv_params *p, size_t steps) {
  return (steps - 1) / p->stride + 1;
}

static emovox_status reshape(conv *self, size_t steps, size_t *size, size_t *alignment) {
  size_t height, width;
  if (xnn_reshape_convolution2d_nhwc_f32(self->operator, 1, 1, steps, size, alignment, &height, &width, NULL))
    return EMOVOX_ERROR_BACKEND;
  return EMOVOX_OK;
}

static emovox_status build(conv *self, const conv_params *p, size_t max_steps, const float *weight, const float *bias) {
  /* PyTorch's (out, in, kernel) to XNNPACK's (out, kernel, in). */
  float *kernel = malloc(p->out * p->kernel * p->in * sizeof(float));
  if (!kernel) return EMOVOX_ERROR_MEMORY;
  for (size_t o = 0; o < p->out; o++)
    for (size_t k = 0; k < p->kernel; k++)
      for (size_t i = 0; i < p->in; i++)
        kernel[(o * p->kernel + k) * p->in + i] = weight[(o * p->in + i) * p->kernel + k];
  uint32_t pad = (uint32_t)p->kernel / 2, taps = (uint32_t)p->kernel, stride = (uint32_t)p->stride;
  /* The indirection buffer lives in the workspace, so that shorter inputs allocate nothing. */
  enum xnn_status created = xnn_create_convolution2d_nhwc_f32(
      0, pad, 0, pad, 1, taps, 1, stride, 1, 1, 1, p->in, p->out, p->in, p->out, kernel, bias, -INFINITY, INFINITY,
      XNN_FLAG_TRANSIENT_INDIRECTION_BUFFER, NULL, NULL, &self->operator);
  free(kernel);
  emovox_status status = backend_created(created, self->operator);
  size_t size = 0, alignment = 1;
  if (!status) status = reshape(self, max_steps, &size, &alignment);
  return status ? status : workspace_allocate(&self->indirection, size, alignment);
}

emovox_status conv_create(const conv_params *params, size_t max_steps, const float *weight, const float *bias,
                          conv **out) {
  emovox_status status = backend_start();
  if (status) return status;
  conv *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  status = build(self, params, max_steps, weight, bias);
  if (status)
    conv_destroy(self);
  else
    *out = self;
  return status;
}

void conv_destroy(conv *self) {
  if (!self) return;
  if (self->operator) xnn_delete_operator(self->operator);
  workspace_free(&self->indirection);
  free(self);
}

emovox_status conv_run(conv *self, const float *input, size_t steps, float *output) {
  size_t size, alignment;
  emovox_status status = reshape(self, steps, &size, &alignment);
  if (status) return status;
  if (xnn_setup_convolution2d_nhwc_f32(self->operator, self->indirection.aligned, input, output) ||
      xnn_run_operator(self->operator, NULL))
    return EMOVOX_ERROR_BACKEND;
  return EMOVOX_OK;
}
