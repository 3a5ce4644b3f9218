/* Multi-head attention over time (Vaswani et al. 2017, arXiv 1706.03762, section 3.2), without its projections.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_ATTENTION_H
#define EMOVOX_NN_ATTENTION_H

#include "emovox.h"

typedef struct attention attention;

/* `heads` divides `channels`. Errors: MEMORY, BACKEND. */
emovox_status attention_create(size_t channels, size_t heads, size_t max_steps, attention **out);
void attention_destroy(attention *self);

/* query, key, value (steps, channels) -> output (steps, channels): per head, softmax(q k^T / sqrt(width)) v, where
 * width = channels / heads. `output` may be one of the inputs. Errors: BACKEND. */
emovox_status attention_run(attention *self, const float *query, const float *key, const float *value, size_t steps,
                            float *output);

#endif
