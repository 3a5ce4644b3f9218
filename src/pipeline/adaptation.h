/* Adaptation to the speaker: how a segment differs from what its speaker usually sounds like says more about the
 * emotion than how it sounds (normalisation by speaker, as Busso et al. 2011, "Iterative feature normalization").
 *
 * The network gives two vectors per segment, one number per component of the mixture: the logits of an unknown speaker,
 * and u, which `bias` turns into logits once the speaker's usual u is taken off. What is usual is learnt from speech
 * that was enrolled as ordinary, in full, and from whatever else was heard, as far as that was diverse: the mean of a
 * session in one emotion would be that emotion, and normalising with it would leave nothing. Both verdicts are mixed
 * with a weight that grows with the seconds known. model/train/network.py (Speaker) is the twin of this.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_ADAPTATION_H
#define EMOVOX_PIPELINE_ADAPTATION_H

#include "nn/loader.h"
#include "nn/mixture.h"

/* What a model knows about heads and speakers. */
typedef struct adaptation {
  mixture mixture;
  float prior_seconds; /* as much speech as gives the adapted verdict half the weight; above 0 */
  float within;        /* variance of u within an emotion, summed over components; 0 or more */
  float between;       /* the same between the emotions of a balanced session; above 0 */
  float bias[MIXTURE_MAX_COMPONENTS];
  float ordinary[MIXTURE_MAX_COMPONENTS]; /* mean u of ordinary speech, over speakers */
} adaptation;

/* What is known of a speaker: sums over segments of w seconds each. All 0 for nobody. */
typedef struct adaptation_sums {
  double seconds;                        /* w, heard */
  double squares;                        /* w^2 */
  double scatter;                        /* w |u|^2 */
  double sum[MIXTURE_MAX_COMPONENTS];    /* w u */
  double enrolled;                       /* w, enrolled */
  double offset[MIXTURE_MAX_COMPONENTS]; /* w (u - ordinary) */
} adaptation_sums;

/* Reads bias and ordinary; the rest is there already. The error is in file->status: MODEL_TENSOR, MODEL_SHAPE,
 * MODEL_DTYPE. */
void adaptation_read(adaptation *self, loader *file);

/* Adds a segment with speech: u (components), and how many seconds it adds to what was heard. */
void adaptation_hear(const adaptation *self, adaptation_sums *sums, const float *u, double seconds);

/* The same for ordinary speech. */
void adaptation_enroll(const adaptation *self, adaptation_sums *sums, const float *u, double seconds);

/* How far verdicts are adapted, 0..1. */
double adaptation_weight(const adaptation *self, const adaptation_sums *sums);

/* The verdict on a segment, calibrated: logits and u (components) -> probabilities (labels), sum 1. `sums` may be NULL:
 * nobody. */
void adaptation_judge(const adaptation *self, const adaptation_sums *sums, const float *logits, const float *u,
                      float *probabilities);

#endif
