/* Product of two matrices that are both results, by XNNPACK.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_MATMUL_H
#define EMOVOX_NN_MATMUL_H

#include "emovox.h"

typedef struct matmul matmul;

/* max_k, max_n bound later calls; with `transposed` the second matrix comes as (n, k). Errors: MEMORY, BACKEND. */
emovox_status matmul_create(size_t max_k, size_t max_n, int transposed, matmul **out);
void matmul_destroy(matmul *self);

/* a (m, k) b (k, n) -> out (m, n). `a` and `b` need NN_PADDING floats of slack. Errors: BACKEND. */
emovox_status matmul_run(matmul *self, const float *a, const float *b, size_t m, size_t k, size_t n, float *out);

#endif
