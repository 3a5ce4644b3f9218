/* One-dimensional convolution over time.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_CONV_H
#define EMOVOX_NN_CONV_H

#include "nn/linear.h"

typedef struct conv_params {
  size_t in;     /* input channels */
  size_t out;    /* output channels */
  size_t kernel; /* taps; odd. Padded with kernel / 2 zeros at both ends. */
  size_t stride;
} conv_params;

typedef struct conv conv;

/* weight (out, in, kernel) and bias (out) are copied. Errors: MEMORY, BACKEND. */
emovox_status conv_create(const conv_params *params, const weights *weight, const float *bias, conv **out);
void conv_destroy(conv *self);

/* Output steps for so many input steps. */
size_t conv_steps(const conv_params *params, size_t steps);

/* input (steps, in) -> output (conv_steps, out). Errors: BACKEND. */
emovox_status conv_run(conv *self, const float *input, size_t steps, float *output);

#endif
