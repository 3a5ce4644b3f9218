/* From the verdicts on segments to the verdict on a recording.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_VOTE_H
#define EMOVOX_PIPELINE_VOTE_H

#include "emovox.h"

/* The vote of one segment with speech: its most probable emotion (the first of equals), or EMOVOX_UNCERTAIN if that
 * probability is below `uncertain_below`. */
int vote_cast(const float *probabilities, int labels, float uncertain_below);

typedef struct vote_tally {
  int labels;
  uint32_t segments, voting, uncertain;
  uint32_t votes[EMOVOX_MAX_LABELS];
  double probabilities[EMOVOX_MAX_LABELS]; /* summed over voting segments */
  double intensity, valence, arousal;      /* summed over voting segments */
  double speech_ratio;                     /* summed over all segments */
} vote_tally;

/* Counts a segment. */
void vote_add(vote_tally *tally, const emovox_segment *segment);

/* Majority, dominance and distribution as emovox.h defines them; `duration` is copied into the summary. */
emovox_summary vote_summary(const vote_tally *tally, double duration);

#endif
