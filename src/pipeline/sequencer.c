/* SPDX-License-Identifier: MIT */
#include "pipeline/sequencer.h"

#include <stdlib.h>
#include <string.h>

struct sequencer {
  sequencer_params params;
  sequence_callback on_sequence;
  void *user;
  float *buffer;   /* (frames + hop, bands): the last sequence and what has come since */
  size_t buffered; /* frames in it */
  size_t pending;  /* frames not yet part of any sequence */
  uint64_t total;  /* frames since reset */
};

sequencer *sequencer_create(const sequencer_params *params, sequence_callback on_sequence, void *user) {
  sequencer *self = calloc(1, sizeof *self);
  if (!self) return NULL;
  self->params = *params;
  self->on_sequence = on_sequence;
  self->user = user;
  self->buffer = malloc((params->frames + params->hop) * params->bands * sizeof(float));
  if (!self->buffer) {
    free(self);
    return NULL;
  }
  return self;
}

void sequencer_destroy(sequencer *self) {
  if (!self) return;
  free(self->buffer);
  free(self);
}

void sequencer_reset(sequencer *self) {
  self->buffered = self->pending = 0;
  self->total = 0;
}

/* The last `count` frames. */
static void emit(sequencer *self, size_t count) {
  const float *frames = self->buffer + (self->buffered - count) * self->params.bands;
  self->pending = 0;
  self->on_sequence(frames, count, self->total - count, self->user);
}

void sequencer_push(sequencer *self, const float *frame) {
  const sequencer_params *p = &self->params;
  size_t row = p->bands * sizeof(float);
  if (self->buffered == p->frames + p->hop) {
    memmove(self->buffer, self->buffer + p->hop * p->bands, p->frames * row);
    self->buffered = p->frames;
  }
  memcpy(self->buffer + self->buffered * p->bands, frame, row);
  self->buffered++;
  self->pending++;
  self->total++;
  if (self->total == p->frames || (self->total > p->frames && self->pending == p->hop)) emit(self, p->frames);
}

int sequencer_finish(sequencer *self) {
  const sequencer_params *p = &self->params;
  if (self->total < p->min_frames) return 0;
  if (self->total < p->frames)
    emit(self, self->buffered);
  else if (self->pending && self->pending * 4 >= p->hop)
    emit(self, p->frames);
  return 1;
}
