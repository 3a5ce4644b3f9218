/* Fully connected layer, by XNNPACK.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_LINEAR_H
#define EMOVOX_NN_LINEAR_H

#include "emovox.h"

/* Weights as they are in a model file. */
typedef struct weights {
  int8_t *integers; /* NULL if they are floats */
  float *floats;    /* the weights, or what the integers of each output are to be multiplied with */
} weights;

typedef struct linear linear;

/* Rows that are done at a time: as many whole tiles for the kernels of every processor (2 to 10 rows each), and so few
 * that they stay in its cache. */
enum { LINEAR_ROWS = 40 };

/* weight (out, in) and bias (out), which may be NULL, are copied. Weights that are integers meet inputs that are
 * rounded to integers too: if a row spans a .. b, with 0 among them, to multiples of (b - a) / 255.
 * Errors: MEMORY, BACKEND. */
emovox_status linear_create(size_t in, size_t out, const weights *weight, const float *bias, linear **layer);
void linear_destroy(linear *self);

/* input (rows, in), with NN_PADDING floats of slack -> output (rows, out). Errors: BACKEND. */
emovox_status linear_run(linear *self, const float *input, size_t rows, float *output);

/* Layers on the same input, which is rounded once. Errors: BACKEND. */
emovox_status linear_run_all(linear *const *layers, size_t count, const float *input, size_t rows,
                             float *const *outputs);

/* XNNPACK may read this many floats beyond the end of its inputs. */
enum { NN_PADDING = 32 };

#endif
