/* Groups frames into overlapping sequences.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_SEQUENCER_H
#define EMOVOX_PIPELINE_SEQUENCER_H

#include <stddef.h>
#include <stdint.h>

typedef struct sequencer_params {
  size_t frames;     /* in a full sequence */
  size_t hop;        /* frames from the start of one sequence to the next; 1 .. frames */
  size_t min_frames; /* in the shortest recording that makes a sequence; 1 .. frames */
  size_t bands;      /* values per frame */
} sequencer_params;

/* Called with each sequence: frames (count, bands), the first of them being frame `first` of the recording. */
typedef void (*sequence_callback)(const float *frames, size_t count, uint64_t first, void *user);

typedef struct sequencer sequencer;

/* NULL without memory. */
sequencer *sequencer_create(const sequencer_params *params, sequence_callback on_sequence, void *user);
void sequencer_destroy(sequencer *self);
void sequencer_reset(sequencer *self);

void sequencer_push(sequencer *self, const float *frame);

/* Hands out the last sequence, which ends with the recording: the whole recording if it is shorter than a full
 * sequence, none if less than a quarter hop is left. Returns 0 if the recording was shorter than min_frames. */
int sequencer_finish(sequencer *self);

#endif
