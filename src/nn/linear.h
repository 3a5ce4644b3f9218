/* Fully connected layer, by XNNPACK.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_LINEAR_H
#define EMOVOX_NN_LINEAR_H

#include "emovox.h"

typedef struct linear linear;

/* weight (out, in) and bias (out), which may be NULL, are copied. Errors: MEMORY, BACKEND. */
emovox_status linear_create(size_t in, size_t out, const float *weight, const float *bias, linear **layer);
void linear_destroy(linear *self);

/* input (rows, in), with NN_PADDING floats of slack -> output (rows, out). Errors: BACKEND. */
emovox_status linear_run(linear *self, const float *input, size_t rows, float *output);

#endif
