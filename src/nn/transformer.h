/* The transformer blocks of Whisper's encoder (Radford et al. 2022, arXiv 2212.04356): layer norm before attention and
 * before the MLP, residual connections around both.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_TRANSFORMER_H
#define EMOVOX_NN_TRANSFORMER_H

#include "nn/loader.h"

enum { TRANSFORMER_MAX_BLOCKS = 6 };

typedef struct transformer_params {
  size_t blocks;   /* 1 .. TRANSFORMER_MAX_BLOCKS */
  size_t channels; /* even, 4 or more */
  size_t heads;    /* divides channels */
  size_t mlp;      /* hidden units of the MLP */
} transformer_params;

typedef struct transformer transformer;

/* Reads block1.* to blockN.* (model/README.md). To be destroyed whatever the loader's status is afterwards: those of
 * its functions or MEMORY, when the result may be NULL. Of no use if the loader only checks. */
transformer *transformer_load(loader *file, const transformer_params *params, size_t max_steps);
void transformer_destroy(transformer *self);

/* Passes input (steps, channels) through a block, counted from 0 -> output (steps, channels), not in place. The first
 * one adds Whisper's sinusoidal positions before. Errors: BACKEND. */
emovox_status transformer_run(transformer *self, size_t index, const float *input, size_t steps, float *output);

#endif
