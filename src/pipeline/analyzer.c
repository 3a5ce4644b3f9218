/* A recording, from samples to votes: front end -> sequencer -> network -> evidence -> judgement -> votes.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/flux.h"
#include "features/frontend.h"
#include "pipeline/judging.h"
#include "pipeline/model.h"
#include "pipeline/speaker.h"
#include "pipeline/vote.h"

enum { BLOCK = 4096 }; /* audio frames between two looks at whether to stop */

/* Decades of spectral flux below which nobody speaks: 600 clips of four corpora have 0.76 at least, a direct current and
 * a steady tone none. */
static const float least_flux = 0.2F;

struct emovox_analyzer {
  const emovox_model *model;
  emovox_config config;
  light light;
  frontend *frontend;
  sequencer *sequencer;
  network *network;
  float *sequence; /* (max_frames, bands) normalised, with padding */
  vote_tally tally;
  double heard;         /* s, where the last segment that the speaker was told of ends */
  emovox_status status; /* of the recording: OK until something fails or it ends */
};

/* Turns one sequence of log-mel frames into evidence. A segment without speech gets none. */
static emovox_status hear(emovox_analyzer *self, const float *frames, size_t count, emovox_segment *segment) {
  const emovox_model *model = self->model;
  float peak = normalize(&model->normalize, frames, count * model->sequence.bands, self->sequence);
  /* Where the log floor would show above the clamp, there is nothing to hear. */
  if (peak - model->normalize.range < log10f(model->logmel.log_floor)) return EMOVOX_OK;
  size_t edge = (size_t)((model->logmel.n_fft / 2 + model->logmel.hop - 1) / model->logmel.hop);
  if (flux(self->sequence, count, model->sequence.bands, edge) < least_flux * model->normalize.gain) return EMOVOX_OK;

  network_output output;
  emovox_status status = network_run(self->network, self->sequence, count, &output);
  if (status) return status;
  segment->speech_ratio = output.speech_ratio;
  if (output.speech_ratio < model->min_speech_ratio) return EMOVOX_OK;
  segment->label = EMOVOX_UNCERTAIN; /* until it is judged */
  memcpy(segment->evidence, output.evidence, emovox_evidence_count(model) * sizeof(float));
  segment->intensity = output.intensity;
  segment->salience = output.salience;
  segment->salience_count = output.steps;
  return EMOVOX_OK;
}

/* Judges a segment with what is known of the speaker, who then learns from it; no moment counts twice. */
static void judge(emovox_analyzer *self, emovox_segment *segment) {
  emovox_speaker *speaker = self->config.judging.speaker;
  const belief *known = speaker ? speaker_belief(speaker, self->light.expected, 1) : NULL;
  judging_segment(self->model, &self->light, known, segment);
  double seconds = segment->end - fmax(segment->start, self->heard);
  if (!speaker || seconds <= 0) return;
  speaker_hear(speaker, segment, seconds, self->config.enroll);
  self->heard = segment->end;
}

static void on_sequence(const float *frames, size_t count, uint64_t first, void *user) {
  emovox_analyzer *self = user;
  if (self->status) return;
  double frame = (double)self->model->logmel.hop / self->model->logmel.sample_rate;
  emovox_segment segment = {.start = (double)first * frame,
                            .end = fmin((double)(first + count) * frame, frontend_seconds(self->frontend)),
                            .label = EMOVOX_NO_SPEECH};
  if ((self->status = hear(self, frames, count, &segment))) return;
  if (segment.label != EMOVOX_NO_SPEECH) judge(self, &segment);
  vote_add(&self->tally, &segment);
  if (self->config.on_segment) self->config.on_segment(&segment, self->config.user);
  if (self->config.on_progress && self->config.on_progress(segment.end, self->config.user))
    self->status = EMOVOX_ERROR_CANCELLED;
}

static void on_frame(const float *frame, size_t bands, void *user) {
  emovox_analyzer *self = user;
  (void)bands;
  if (!self->status) sequencer_push(self->sequencer, frame);
}

emovox_config emovox_config_default(void) {
  return (emovox_config){.sample_rate = 16000, .channels = 1, .judging = emovox_judging_default()};
}

/* The model's sequences, with the hop that is asked for. Returns whether that is within its range. */
static int sequence_params(const emovox_model *model, double hop_seconds, sequencer_params *params) {
  *params = model->sequence;
  if (hop_seconds == 0) return 1;
  if (!(hop_seconds >= EMOVOX_MIN_HOP_SECONDS && hop_seconds <= emovox_sequence_seconds(model))) return 0;
  params->hop = (size_t)fmax(1, round(hop_seconds * model->logmel.sample_rate / model->logmel.hop));
  return 1;
}

emovox_status emovox_analyzer_create(const emovox_model *model, const emovox_config *config,
                                     emovox_analyzer **analyzer) {
  if (!model || !config || !analyzer) return EMOVOX_ERROR_ARGUMENT;
  light in;
  if (!judging_light(model, &config->judging, &in)) return EMOVOX_ERROR_ARGUMENT;
  if (config->enroll && !config->judging.speaker) return EMOVOX_ERROR_ARGUMENT;
  sequencer_params sequence;
  if (!sequence_params(model, config->hop_seconds, &sequence)) return EMOVOX_ERROR_ARGUMENT;
  emovox_analyzer *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  self->model = model;
  self->config = *config;
  self->light = in;
  self->sequencer = sequencer_create(&sequence, on_sequence, self);
  self->sequence = calloc(model->sequence.frames * model->sequence.bands + NN_PADDING, sizeof(float));
  emovox_status status = self->sequencer && self->sequence ? EMOVOX_OK : EMOVOX_ERROR_MEMORY;
  if (!status) status = frontend_create(config, &model->logmel, on_frame, self, &self->frontend);
  if (!status) status = network_create(&model->network, &model->file, &self->network);
  if (status) {
    emovox_analyzer_destroy(self);
    return status;
  }
  emovox_analyzer_reset(self);
  *analyzer = self;
  return EMOVOX_OK;
}

void emovox_analyzer_destroy(emovox_analyzer *self) {
  if (!self) return;
  frontend_destroy(self->frontend);
  sequencer_destroy(self->sequencer);
  network_destroy(self->network);
  free(self->sequence);
  free(self);
}

void emovox_analyzer_reset(emovox_analyzer *self) {
  if (!self) return;
  frontend_reset(self->frontend);
  sequencer_reset(self->sequencer);
  self->tally = (vote_tally){.labels = emovox_label_count(self->model)};
  self->heard = 0;
  self->status = EMOVOX_OK;
}

/* After a failure or the end, further calls are out of order. */
static emovox_status conclude(emovox_analyzer *self, emovox_status status) {
  self->status = EMOVOX_ERROR_STATE;
  return status;
}

emovox_status emovox_push(emovox_analyzer *self, const float *samples, size_t frames) {
  if (!self) return EMOVOX_ERROR_ARGUMENT;
  if (self->status) return EMOVOX_ERROR_STATE;
  emovox_status status = frontend_check(self->frontend, samples, frames);
  if (status) return status;
  while (frames) {
    size_t n = frames < BLOCK ? frames : BLOCK;
    frontend_push(self->frontend, samples, n);
    if (self->status) return conclude(self, self->status);
    samples += n * self->config.channels;
    frames -= n;
  }
  return EMOVOX_OK;
}

emovox_status emovox_finish(emovox_analyzer *self, emovox_summary *summary) {
  if (!self || !summary) return EMOVOX_ERROR_ARGUMENT;
  if (self->status) return EMOVOX_ERROR_STATE;
  if (!frontend_frames(self->frontend)) return conclude(self, EMOVOX_ERROR_EMPTY);
  frontend_finish(self->frontend);
  int enough = sequencer_finish(self->sequencer);
  if (self->status) return conclude(self, self->status);
  if (!enough) return conclude(self, EMOVOX_ERROR_TOO_SHORT);
  *summary = vote_summary(&self->tally, frontend_seconds(self->frontend));
  return conclude(self, EMOVOX_OK);
}

emovox_status emovox_peek(const emovox_analyzer *self, emovox_summary *summary) {
  if (!self || !summary) return EMOVOX_ERROR_ARGUMENT;
  *summary = vote_summary(&self->tally, frontend_seconds(self->frontend));
  return EMOVOX_OK;
}
