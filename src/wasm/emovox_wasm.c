/* What JavaScript cannot do with the C API as it is: callbacks become imports, structs become arrays of doubles.
 * SPDX-License-Identifier: MIT */
#include "emovox.h"

#define IMPORT(name) __attribute__((import_module("emovox"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

enum { LABELS = EMOVOX_MAX_LABELS, SEGMENT_HEAD = 10, SUMMARY_HEAD = 10 };
enum { SEGMENT_SIZE = SEGMENT_HEAD + LABELS, SUMMARY_SIZE = SUMMARY_HEAD + 2 * LABELS };

/* The analyzer's address tells JavaScript whose segment it is. */
IMPORT(on_segment) void js_on_segment(void *user, const double *segment);
IMPORT(on_progress) int js_on_progress(void *user, double seconds);
IMPORT(on_frame) void js_on_frame(void *user, const float *frame, size_t bands);

/* start, end, label, confidence, speech_ratio, intensity, valence, arousal, salience (its address), salience_count,
 * probabilities (16). */
static void on_segment(const emovox_segment *s, void *user) {
  double out[SEGMENT_SIZE] = {s->start,
                              s->end,
                              s->label,
                              (double)s->confidence,
                              (double)s->speech_ratio,
                              (double)s->intensity,
                              (double)s->valence,
                              (double)s->arousal,
                              (double)(uintptr_t)s->salience,
                              (double)s->salience_count};
  for (int k = 0; k < LABELS; k++)
    out[SEGMENT_HEAD + k] = (double)s->probabilities[k];
  js_on_segment(user, out);
}

static int on_progress(double seconds, void *user) {
  return js_on_progress(user, seconds);
}

static void on_frame(const float *frame, size_t bands, void *user) {
  js_on_frame(user, frame, bands);
}

/* `speaker` may be NULL; `user` is any number, which the imports get back. */
EXPORT(emovox_wasm_analyzer_create)
emovox_status emovox_wasm_analyzer_create(const emovox_model *model, uint32_t sample_rate, uint32_t channels,
                                          emovox_speaker *speaker, int enroll, double hop_seconds, float threshold,
                                          void *user, emovox_analyzer **analyzer) {
  emovox_config config = emovox_config_default();
  config.sample_rate = sample_rate;
  config.channels = channels;
  config.on_segment = on_segment;
  config.on_progress = on_progress;
  config.user = user;
  config.speaker = speaker;
  config.enroll = enroll;
  config.hop_seconds = hop_seconds;
  config.threshold = threshold;
  return emovox_analyzer_create(model, &config, analyzer);
}

EXPORT(emovox_wasm_features_create)
emovox_status emovox_wasm_features_create(uint32_t sample_rate, uint32_t channels, void *user,
                                          emovox_features **features) {
  emovox_config config = emovox_config_default();
  config.sample_rate = sample_rate;
  config.channels = channels;
  config.user = user;
  return emovox_features_create(&config, on_frame, features);
}

/* Writes the profile if `capacity` bytes are enough. Returns how many it has; 0 on failure. */
EXPORT(emovox_wasm_speaker_save)
size_t emovox_wasm_speaker_save(const emovox_speaker *speaker, void *buffer, size_t capacity) {
  size_t size = capacity;
  return emovox_speaker_save(speaker, capacity ? buffer : NULL, &size) ? 0 : size;
}

/* out: duration, label, confidence, speech_ratio, segments, voting, uncertain, intensity, valence, arousal, votes (16),
 * probabilities (16). */
static emovox_status flatten(emovox_status status, const emovox_summary *s, double out[SUMMARY_SIZE]) {
  if (status) return status;
  const double head[SUMMARY_HEAD] = {
      s->duration, s->label,     (double)s->confidence, (double)s->speech_ratio, s->segments,
      s->voting,   s->uncertain, (double)s->intensity,  (double)s->valence,      (double)s->arousal};
  for (int i = 0; i < SUMMARY_HEAD; i++)
    out[i] = head[i];
  for (int k = 0; k < LABELS; k++) {
    out[SUMMARY_HEAD + k] = s->votes[k];
    out[SUMMARY_HEAD + LABELS + k] = (double)s->probabilities[k];
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
