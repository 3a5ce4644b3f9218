/* What a model knows of people in general, in the space of the evidence.
 *
 * Evidence is (labels + dimensions) floats: the logits of the labels for a speaker who is not known, then x, in which
 * people and emotions are Gaussian: x = s + m[y] + e. s ~ N(0, between) is how this speaker, through this microphone,
 * differs from others; m[y] is what emotion y does to any speaker; e ~ N(0, 1) is the moment. x is made by the network
 * so that the covariance of e is the identity and that of s is diagonal (both are diagonalised at once when a model is
 * trained), hence no matrix is ever factored or inverted here.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_POPULATION_H
#define EMOVOX_PIPELINE_POPULATION_H

#include "emovox.h"
#include "nn/loader.h"

typedef struct population {
  size_t labels, dimensions;                               /* together at most EMOVOX_MAX_EVIDENCE */
  float between[EMOVOX_MAX_EVIDENCE];                      /* (dimensions) above 0 */
  float means[EMOVOX_MAX_LABELS * EMOVOX_MAX_EVIDENCE];    /* (labels, dimensions) m */
  float relative[EMOVOX_MAX_LABELS * EMOVOX_MAX_EVIDENCE]; /* (labels, dimensions): logits of x - s ... */
  float relative_bias[EMOVOX_MAX_LABELS];                  /* ... for a speaker who is known */
  float share;    /* of a segment, as an observation: less than one, as neighbours are alike; above 0, to 1 */
  float caution;  /* as many whole segments heard give what is relative to the speaker half of its weight; above 0 */
  float surprise; /* how fast evidence far from all that was trained on flattens probabilities; 0 or more */
  float everyday[EMOVOX_MAX_LABELS]; /* (labels) the default prior, sums to 1 */
  uint32_t ordinary;                 /* the labels that ordinary speech may have, as bits */
} population;

/* Reads the tensors; the rest is there already. The error is in file->status: MODEL_TENSOR, MODEL_SHAPE, MODEL_DTYPE. */
void population_read(population *self, loader *file);

/* Numbers of evidence. */
static inline size_t population_evidence(const population *self) {
  return self->labels + self->dimensions;
}

#endif
