/* Normalisation of one sequence of log-mel frames, so that the recording level does not matter.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_FEATURES_NORMALIZE_H
#define EMOVOX_FEATURES_NORMALIZE_H

#include <stddef.h>

/* As Whisper's front end (Radford et al. 2022), which clamps to 8 decades below the loudest value, except that the
 * loudest value itself always lands on `bias`: y = max(x - max(x), -range) * gain + bias. */
typedef struct normalize_params {
  float range; /* decades kept below the maximum */
  float gain;
  float bias;
} normalize_params;

/* in (n) -> out (n), which may be the same; n > 0. Returns max(in), log10 of power. */
float normalize(const normalize_params *params, const float *in, size_t n, float *out);

#endif
