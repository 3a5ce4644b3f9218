/* What JavaScript cannot do with the C API as it is: callbacks become imports, structs become arrays of doubles.
 * SPDX-License-Identifier: MIT */
#include "emovox.h"

#define IMPORT(name) __attribute__((import_module("emovox"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

enum { LABELS = EMOVOX_MAX_LABELS, SEGMENT_SIZE = 5 + LABELS, SUMMARY_SIZE = 7 + 2 * LABELS };

/* The analyzer's address tells JavaScript whose segment it is. */
IMPORT(on_segment) void js_on_segment(void *user, const double *segment);
IMPORT(on_progress) int js_on_progress(void *user, double seconds);

static void on_segment(const emovox_segment *s, void *user) {
  double out[SEGMENT_SIZE] = {s->start, s->end, s->label, (double)s->confidence, (double)s->speech_ratio};
  for (int k = 0; k < LABELS; k++)
    out[5 + k] = (double)s->probabilities[k];
  js_on_segment(user, out);
}

static int on_progress(double seconds, void *user) {
  return js_on_progress(user, seconds);
}

/* `user` is any number; the imports get it back. */
EXPORT(emovox_wasm_analyzer_create)
emovox_status emovox_wasm_analyzer_create(const emovox_model *model, uint32_t sample_rate, uint32_t channels,
                                          void *user, emovox_analyzer **analyzer) {
  emovox_config config = emovox_config_default();
  config.sample_rate = sample_rate;
  config.channels = channels;
  config.on_segment = on_segment;
  config.on_progress = on_progress;
  config.user = user;
  return emovox_analyzer_create(model, &config, analyzer);
}

/* out: duration, label, confidence, speech_ratio, segments, voting, uncertain, votes (16), probabilities (16). */
static emovox_status flatten(emovox_status status, const emovox_summary *s, double out[SUMMARY_SIZE]) {
  if (status) return status;
  const double head[] = {s->duration, s->label,  (double)s->confidence, (double)s->speech_ratio,
                         s->segments, s->voting, s->uncertain};
  for (int i = 0; i < 7; i++)
    out[i] = head[i];
  for (int k = 0; k < LABELS; k++) {
    out[7 + k] = s->votes[k];
    out[7 + LABELS + k] = (double)s->probabilities[k];
  }
  return EMOVOX_OK;
}

EXPORT(emovox_wasm_finish) emovox_status emovox_wasm_finish(emovox_analyzer *analyzer, double *out) {
  emovox_summary summary;
  return flatten(emovox_finish(analyzer, &summary), &summary, out);
}

EXPORT(emovox_wasm_peek) emovox_status emovox_wasm_peek(const emovox_analyzer *analyzer, double *out) {
  emovox_summary summary;
  return flatten(emovox_peek(analyzer, &summary), &summary, out);
}
