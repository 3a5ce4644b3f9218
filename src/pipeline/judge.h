/* Judgement: evidence, a belief about the speaker and a prior -> probabilities.
 *
 * A verdict mixes two, as logarithms: what the network says of a stranger, and how the segment differs from the
 * speaker's usual voice; the second weighs the more, the more of that voice is known.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_JUDGE_H
#define EMOVOX_PIPELINE_JUDGE_H

#include "pipeline/belief.h"

/* Everything but the speaker that a verdict depends on, checked and complete. */
typedef struct light {
  float expected[EMOVOX_MAX_LABELS]; /* (labels) how common each is, whether allowed or not; sums to 1 */
  float prior[EMOVOX_MAX_LABELS];    /* (labels) the same, 0 for those that are not allowed; sums to 1 */
  float threshold;                   /* 0..1 */
} light;

/* How far verdicts are adapted with such a belief, 0..1. */
double judge_weight(const population *people, const belief *known);

/* evidence -> probabilities (labels), sum 1. `known` may be NULL: nobody, as where nothing was heard. */
void judge_evidence(const population *people, const light *in, const belief *known, const float *evidence,
                    float *probabilities);

/* Whether these may be numbers of a network: finite and within +-1e6. */
int judge_plausible(const population *people, const float *evidence);

#endif
