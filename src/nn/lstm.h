/* Long short-term memory over a sequence, one direction.
 * SPDX-License-Identifier: MIT
 *
 * XNNPACK has no LSTM: the input projection of all steps is one fully connected layer, the recurrent product and
 * the gates are ours. */
#ifndef EMOVOX_NN_LSTM_H
#define EMOVOX_NN_LSTM_H

#include "nn/linear.h"

typedef struct lstm_params {
  size_t in;
  size_t hidden;
  int backward; /* read the sequence from its end */
} lstm_params;

typedef struct lstm lstm;

/* PyTorch's layout and gate order i, f, g, o: input_weight (4 hidden, in), recurrent_weight (4 hidden, hidden),
 * bias (4 hidden), the sum of PyTorch's two. All are copied. Errors: MEMORY, BACKEND. */
emovox_status lstm_create(const lstm_params *params, size_t max_steps, const weights *input_weight,
                          const float *recurrent_weight, const float *bias, lstm **out);
void lstm_destroy(lstm *self);

/* input (steps, in), with NN_PADDING floats of slack -> output[t * stride + j], hidden state j after step t.
 * Starts from zeros. Errors: BACKEND. */
emovox_status lstm_run(lstm *self, const float *input, size_t steps, float *output, size_t stride);

#endif
