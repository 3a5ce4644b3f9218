/* The public feature extractor: the front end by itself.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "features/frontend.h"

struct emovox_features {
  frontend *frontend;
  int finished;
};

emovox_status emovox_features_create(const emovox_config *config, emovox_frame_callback on_frame,
                                     emovox_features **features) {
  if (!config || !on_frame || !features) return EMOVOX_ERROR_ARGUMENT;
  emovox_features *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  logmel_params params = logmel_params_default();
  emovox_status status = frontend_create(config, &params, on_frame, config->user, &self->frontend);
  if (status)
    emovox_features_destroy(self);
  else
    *features = self;
  return status;
}

emovox_status emovox_features_push(emovox_features *self, const float *samples, size_t frames) {
  if (!self) return EMOVOX_ERROR_ARGUMENT;
  if (self->finished) return EMOVOX_ERROR_STATE;
  emovox_status status = frontend_check(self->frontend, samples, frames);
  if (!status) frontend_push(self->frontend, samples, frames);
  return status;
}

emovox_status emovox_features_finish(emovox_features *self) {
  if (!self) return EMOVOX_ERROR_ARGUMENT;
  if (self->finished) return EMOVOX_ERROR_STATE;
  self->finished = 1;
  if (!frontend_frames(self->frontend)) return EMOVOX_ERROR_EMPTY;
  frontend_finish(self->frontend);
  return EMOVOX_OK;
}

void emovox_features_destroy(emovox_features *self) {
  if (!self) return;
  frontend_destroy(self->frontend);
  free(self);
}
