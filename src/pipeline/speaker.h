/* A speaker: what has been heard of one person, see emovox.h.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_SPEAKER_H
#define EMOVOX_PIPELINE_SPEAKER_H

#include "pipeline/judge.h"

/* Segments whose emotions are guessed anew with everything that is learnt; older ones are condensed. With a hop of 2 s
 * they are a quarter of an hour of speech. */
enum { SPEAKER_KEPT = 512, SPEAKER_CONDENSED = SPEAKER_KEPT / 4 };

struct emovox_speaker {
  const emovox_model *model;
  double seconds; /* of speech */
  residue rest;   /* of what is kept no longer */
  size_t count;   /* of observations */
  observation observations[SPEAKER_KEPT];
  belief known;                   /* what followed from the observations ... */
  float prior[EMOVOX_MAX_LABELS]; /* ... with this prior, */
  double learnt;                  /* when so many whole segments had been heard; below 0: never */
};

/* The belief with such a prior. `late`: the one before may serve until an eighth more has been heard. */
const belief *speaker_belief(emovox_speaker *self, const float *prior, int late);

/* Adds a segment with speech, of which `seconds` had not been heard before. */
void speaker_hear(emovox_speaker *self, const emovox_segment *segment, double seconds, int ordinary);

#endif
