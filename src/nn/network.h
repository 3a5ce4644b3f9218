/* The network: a CNN over log-mel frames, a bidirectional LSTM over its output, pooling, a linear head.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_NETWORK_H
#define EMOVOX_NN_NETWORK_H

#include "nn/conv.h"
#include "nn/safetensors.h"

enum { NETWORK_CONVS = 3 };

typedef struct network_params {
  conv_params convs[NETWORK_CONVS];
  size_t hidden;     /* of the LSTM, per direction */
  size_t labels;     /* 2 .. EMOVOX_MAX_LABELS */
  size_t max_frames; /* log-mel frames in a sequence */
} network_params;

typedef struct network_output {
  float probabilities[EMOVOX_MAX_LABELS]; /* calibrated, sum to 1 */
  float speech_ratio;                     /* share of the steps that are speech */
} network_output;

typedef struct network network;

/* Checks that a file holds exactly the tensors of such a network, in their shapes.
 * Errors: MODEL_TENSOR, MODEL_SHAPE, MODEL_DTYPE. */
emovox_status network_check(const network_params *params, const safetensors *file);

/* Reads the weights of a checked file. Errors: MEMORY, BACKEND. */
emovox_status network_create(const network_params *params, const safetensors *file, network **out);
void network_destroy(network *self);

/* frames (steps, mel bands), normalised, 1 .. max_frames of them, with NN_PADDING floats of slack.
 * Errors: BACKEND. */
emovox_status network_run(network *self, const float *frames, size_t steps, network_output *output);

/* The outputs of the layers in the last run, for tests against the reference implementation. */
typedef struct network_layers {
  const float *conv[NETWORK_CONVS]; /* (conv_steps, out) after GELU */
  const float *lstm;                /* (steps of the last conv, 2 hidden) */
  const float *pooled;              /* mean and deviation of conv[1], attention over lstm */
  const float *logits;              /* (labels) */
} network_layers;
network_layers network_inspect(const network *self);

#endif
