/* From frames to one vector.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_POOLING_H
#define EMOVOX_NN_POOLING_H

#include <stddef.h>

/* Statistics pooling (Snyder et al. 2018, x-vectors): mean (channels) and standard deviation (channels) over the
 * steps of frames (steps, channels). */
void pooling_statistics(const float *frames, size_t steps, size_t channels, float *mean, float *deviation);

/* Attention pooling (Mirsamadi et al. 2017): out = sum_t softmax_t(weight . frames[t] + bias) frames[t].
 * `scores` (steps) holds the attention weights afterwards. */
void pooling_attention(const float *frames, size_t steps, size_t channels, const float *weight, float bias,
                       float *scores, float *out);

#endif
