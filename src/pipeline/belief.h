/* The belief about a speaker: a Gaussian posterior over s of population.h, learnt from segments whose emotions are not
 * known, by expectation-maximisation (Dempster, Laird & Rubin 1977).
 *
 * Which emotion a segment has is guessed from two sources together: what a stranger's verdict would be, and how well
 * x - s fits each emotion. The first anchors the second: a whole session of anger is then explained by anger, and a
 * whole session of ordinary speech by a voice.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_BELIEF_H
#define EMOVOX_PIPELINE_BELIEF_H

#include "pipeline/population.h"

/* One segment, as the belief sees it. */
typedef struct observation {
  float weight;                 /* above 0, to 1: the share of it that was not in earlier segments */
  uint32_t allowed;             /* the labels that it may have, as bits */
  float fit[EMOVOX_MAX_LABELS]; /* (labels) log-probability of its evidence under each, for a speaker with s = 0 */
  float x[EMOVOX_MAX_EVIDENCE]; /* (dimensions) */
} observation;

/* What is left of segments that are kept no longer. */
typedef struct residue {
  double weight;                   /* sum of their weights */
  double sum[EMOVOX_MAX_EVIDENCE]; /* (dimensions) of weight (x - m), m the mean of what they were taken for */
} residue;

typedef struct belief {
  double heard;                      /* whole segments that it rests on */
  double shift[EMOVOX_MAX_EVIDENCE]; /* (dimensions) mean of s */
} belief;

/* Evidence with speech -> an observation. */
void belief_observe(const population *people, const float *evidence, float weight, uint32_t allowed, observation *out);

/* The posterior after `count` observations and a residue, with a prior over the labels (positive or 0, sum 1). */
void belief_learn(const population *people, const float *prior, const observation *observations, size_t count,
                  const residue *rest, belief *out);

/* Moves observations into a residue, with the emotions that the belief takes them for. */
void belief_condense(const population *people, const float *prior, const belief *self, const observation *observations,
                     size_t count, residue *rest);

#endif
