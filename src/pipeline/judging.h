/* How segments are judged, from what a caller asked for.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_JUDGING_H
#define EMOVOX_PIPELINE_JUDGING_H

#include "pipeline/judge.h"

/* Whether `judging` is within its ranges; then *out is what follows from it. */
int judging_light(const emovox_model *model, const emovox_judging *judging, light *out);

/* The verdict on one segment, whose evidence is there. `known` may be NULL: nobody. */
void judging_segment(const emovox_model *model, const light *in, const belief *known, emovox_segment *segment);

#endif
