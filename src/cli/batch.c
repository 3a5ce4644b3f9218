/* What analyze and judge share: from options to reports in their order.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "cli/cli.h"

int batch_begin(batch *self, const options *how, int fresh) {
  *self = (batch){.how = how, .judging = emovox_judging_default(), .model = session_model(how->model)};
  if (!self->model) return 1;
  int known = how->same_speaker || how->speaker, status = 0;
  if (!options_hop(how, self->model, &self->hop_seconds) || !options_judging(how, self->model, &self->judging))
    status = 2;
  else if (known && !(self->judging.speaker = session_speaker(self->model, how->speaker, fresh)))
    status = 1;
  if (status) emovox_model_destroy(self->model);
  self->hears = how->same_speaker || (how->speaker && fresh);
  self->profile = fresh ? how->speaker : NULL;
  return status;
}

static void conclude(batch *self, report *r) {
  if (!r->error.code) report_judge(r, self->model, &self->judging);
  if (!report_print(r, self->model, &self->judging, self->how) || r->error.code) self->failures++;
  report_clear(r);
}

void batch_take(batch *self, report *r) {
  report *waiting = NULL;
  if (self->hears) {
    waiting = grown(self->waiting, self->count, &self->capacity, sizeof *waiting);
    emovox_status status = waiting ? EMOVOX_OK : EMOVOX_ERROR_MEMORY;
    if (!status && !r->error.code) status = emovox_speaker_hear(self->judging.speaker, r->segments, r->count, 0);
    if (status) cli_fail_status(&r->error, status);
  }
  if (waiting) {
    self->waiting = waiting;
    waiting[self->count++] = *r;
  } else {
    conclude(self, r);
  }
}

int batch_end(batch *self) {
  for (size_t i = 0; i < self->count; i++)
    conclude(self, &self->waiting[i]);
  if (self->profile && !session_save(self->judging.speaker, self->profile)) self->failures++;
  free(self->waiting);
  emovox_speaker_destroy(self->judging.speaker);
  emovox_model_destroy(self->model);
  return self->failures ? 1 : 0;
}
