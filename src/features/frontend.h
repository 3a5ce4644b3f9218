/* From samples as they come to log-mel frames: checks, mono mixdown, resampling, log-mel.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_FEATURES_FRONTEND_H
#define EMOVOX_FEATURES_FRONTEND_H

#include "features/logmel.h"

typedef struct frontend frontend;

/* config->sample_rate and ->channels are read. Errors: ARGUMENT, SAMPLE_RATE, MEMORY. */
emovox_status frontend_create(const emovox_config *config, const logmel_params *params, emovox_frame_callback on_frame,
                              void *user, frontend **out);
void frontend_destroy(frontend *self);
void frontend_reset(frontend *self);

/* Whether every sample (frames x channels) may be pushed. Errors: ARGUMENT (NULL), NOT_FINITE. */
emovox_status frontend_check(const frontend *self, const float *samples, size_t frames);

/* Adds checked audio. */
void frontend_push(frontend *self, const float *samples, size_t frames);
void frontend_finish(frontend *self);

/* Audio frames pushed since reset, and their duration in seconds. */
uint64_t frontend_frames(const frontend *self);
double frontend_seconds(const frontend *self);

#endif
