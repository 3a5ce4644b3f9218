/* The network: an encoder (CNN, then transformer blocks) over log-mel frames, statistics of its outputs, a
 * bidirectional LSTM over the last of them, linear heads.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_NETWORK_H
#define EMOVOX_NN_NETWORK_H

#include "nn/mixture.h"
#include "nn/transformer.h"

/* The encoder's outputs: that of the CNN, then one per block. */
enum { NETWORK_CONVS = 3, NETWORK_MAX_EVIDENCE = 64, NETWORK_MAX_OUTPUTS = TRANSFORMER_MAX_BLOCKS + 1 };

typedef struct network_params {
  conv_params convs[NETWORK_CONVS];       /* two begin the encoder, one leads to the LSTM */
  transformer_params transformer;         /* channels: those of convs[1]; the rest does not matter if blocks is 0 */
  size_t statistics[NETWORK_MAX_OUTPUTS]; /* the encoder's outputs that are pooled: increasing, 0 .. blocks */
  size_t statistics_count;                /* 1 or more */
  size_t hidden;                          /* of the LSTM, per direction */
  mixture mixture;                        /* of the head's first rows, which are its components */
  size_t dimensions;                      /* the head's other rows; with the labels at most NETWORK_MAX_EVIDENCE */
  size_t max_frames;                      /* log-mel frames in a sequence */
} network_params;

/* The arrays are valid until the next run. */
typedef struct network_output {
  const float *evidence; /* (labels + dimensions) what pipeline/population.h describes */
  float intensity;       /* 0..1 */
  float speech_ratio;    /* share of the steps that are speech */
  const float *salience; /* (steps) attention weights, sum to 1 */
  size_t steps;          /* of network_step_frames() each */
} network_output;

typedef struct network network;

/* Log-mel frames per step of the LSTM. */
size_t network_step_frames(const network_params *params);

/* Checks that a file holds the tensors of such a network, in their shapes; to be called with a loader that only checks.
 * The error is in file->status: MEMORY, MODEL_TENSOR, MODEL_SHAPE, MODEL_DTYPE. */
void network_check(const network_params *params, loader *file);

/* Reads the weights of a checked file. Errors: MEMORY, BACKEND. */
emovox_status network_create(const network_params *params, const safetensors *file, network **out);
void network_destroy(network *self);

/* frames (steps, mel bands), normalised, 1 .. max_frames of them, with NN_PADDING floats of slack.
 * Errors: BACKEND. */
emovox_status network_run(network *self, const float *frames, size_t steps, network_output *output);

/* The outputs of the layers in the last run, for tests against the reference implementation. */
typedef struct network_layers {
  const float *conv1;                        /* (frames, out) after GELU */
  const float *encoder[NETWORK_MAX_OUTPUTS]; /* (conv2's steps, channels): conv2 after GELU, then block by block */
  const float *conv3;                        /* (steps, out) after GELU */
  const float *lstm;                         /* (steps, 2 hidden) */
  const float *speech;                       /* (steps) logits of speech */
  const float *embedding;                    /* mean and deviation of each pooled output, attention over lstm */
} network_layers;
network_layers network_inspect(const network *self);

#endif
