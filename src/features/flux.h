/* Spectral flux: how much a spectrum changes from frame to frame.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_FEATURES_FLUX_H
#define EMOVOX_FEATURES_FLUX_H

#include <stddef.h>

/* frames (count, bands) -> the mean, over pairs of neighbouring frames, of the greatest change of a band, in the unit
 * of the frames. The first and the last `edge` frames, which hang over the ends of a recording, are left out; infinite
 * if no pair remains. What is constant, a direct current or a steady tone, has none; no speech is that even. */
float flux(const float *frames, size_t count, size_t bands, size_t edge);

#endif
