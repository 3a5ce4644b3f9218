/* SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_LAYER_NORM_H
#define EMOVOX_NN_LAYER_NORM_H

#include <stddef.h>

/* Layer normalisation (Ba et al. 2016, arXiv 1607.06450): every step of x (steps, channels) minus its mean, divided by
 * sqrt(variance + 1e-5), times weight (channels) plus bias (channels) -> out (steps, channels). */
void layer_norm(const float *x, size_t steps, size_t channels, const float *weight, const float *bias, float *out);

#endif
