/* Element-wise functions of the network, written so that compilers vectorise them.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_ACTIVATION_H
#define EMOVOX_NN_ACTIVATION_H

#include <stddef.h>

/* x[i] * Phi(x[i]) in place: exact GELU (Hendrycks & Gimpel 2016, arXiv 1606.08415), absolute error below 1e-5. */
void activation_gelu(float *x, size_t n);

/* LSTM cell update (Hochreiter & Schmidhuber 1997, with forget gate): gates holds (4, n) pre-activations in the
 * order input, forget, cell, output; cell (n) is updated and hidden (n) written. Absolute error below 1e-6. */
void activation_lstm(const float *gates, float *cell, float *hidden, size_t n);

/* exp(x[i]) / sum of exp, in place. */
void activation_softmax(float *x, size_t n);

#endif
