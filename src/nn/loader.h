/* Makes layers out of the tensors of a model file. The first error sticks and the calls after it do nothing, so that
 * the loading of a network reads as a list.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_LOADER_H
#define EMOVOX_NN_LOADER_H

#include "nn/conv.h"
#include "nn/lstm.h"
#include "nn/safetensors.h"

typedef struct loader {
  const safetensors *file;
  int check_only; /* look at names, types and shapes, and make nothing */
  size_t tensors; /* found so far, with their scales */
  emovox_status status;
} loader;

/* Whether every tensor of the file has been asked for. Errors: the first one, or MODEL_TENSOR. */
emovox_status loader_end(const loader *self);

/* Reads the tensor NAME as floats to `out` (product of shape), even if the loader only checks; NULL to check.
 * Errors: MODEL_TENSOR, MODEL_SHAPE, MODEL_DTYPE. */
void loader_read(loader *self, const char *name, size_t rank, const size_t *shape, float *out);

/* The tensor SCOPE.NAME as floats in a new block. Like every function below, NULL if the loader only checks or has
 * failed. Errors: MEMORY, MODEL_TENSOR, MODEL_SHAPE, MODEL_DTYPE. */
float *loader_tensor(loader *self, const char *scope, const char *name, size_t rank, const size_t *shape);

/* SCOPE.weight and SCOPE.bias (none with `bias` 0) as a layer. Errors: those of loader_tensor and BACKEND. */
conv *loader_conv(loader *self, const char *scope, const conv_params *params);
linear *loader_linear(loader *self, const char *scope, size_t in, size_t out, int bias);

/* SCOPE.input.weight, SCOPE.recurrent.weight, SCOPE.bias. */
lstm *loader_lstm(loader *self, const char *scope, const lstm_params *params, size_t max_steps);

#endif
