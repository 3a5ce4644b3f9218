/* What JavaScript cannot do with the C API as it is: callbacks become imports, structs become arrays of doubles.
 * SPDX-License-Identifier: MIT */
#include "emovox.h"

#include <stdlib.h>
#include <string.h>

#define IMPORT(name) __attribute__((import_module("emovox"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

enum { LABELS = EMOVOX_MAX_LABELS, SEGMENT_HEAD = 11, SUMMARY_HEAD = 11, JUDGING_HEAD = 2 };
enum { SEGMENT_SIZE = SEGMENT_HEAD + LABELS, SUMMARY_SIZE = SUMMARY_HEAD + 2 * LABELS };

/* The analyzer's address tells JavaScript whose segment it is. */
IMPORT(on_segment) void js_on_segment(void *user, const double *segment);
IMPORT(on_progress) int js_on_progress(void *user, double seconds);
IMPORT(on_frame) void js_on_frame(void *user, const float *frame, size_t bands);

/* start, end, label, probability, speech_ratio, intensity, valence, arousal, salience (its address), salience_count,
 * evidence (its address), probabilities (16). */
static void flatten_segment(const emovox_segment *s, double out[SEGMENT_SIZE]) {
  const double head[SEGMENT_HEAD] = {s->start,
                                     s->end,
                                     s->label,
                                     (double)s->probability,
                                     (double)s->speech_ratio,
                                     (double)s->intensity,
                                     (double)s->valence,
                                     (double)s->arousal,
                                     (double)(uintptr_t)s->salience,
                                     (double)s->salience_count,
                                     (double)(uintptr_t)s->evidence};
  memcpy(out, head, sizeof head);
  for (int k = 0; k < LABELS; k++)
    out[SEGMENT_HEAD + k] = (double)s->probabilities[k];
}

static void on_segment(const emovox_segment *segment, void *user) {
  double out[SEGMENT_SIZE];
  flatten_segment(segment, out);
  js_on_segment(user, out);
}

static int on_progress(double seconds, void *user) {
  return js_on_progress(user, seconds);
}

static void on_frame(const float *frame, size_t bands, void *user) {
  js_on_frame(user, frame, bands);
}

/* judging: threshold, labels (bits), prior (16). `speaker` may be NULL. */
static emovox_judging unflatten(const double *judging, emovox_speaker *speaker) {
  emovox_judging out = {.speaker = speaker, .threshold = (float)judging[0], .labels = (uint32_t)judging[1]};
  for (int k = 0; k < LABELS; k++)
    out.prior[k] = (float)judging[JUDGING_HEAD + k];
  return out;
}

/* `speaker` may be NULL; `user` is any number, which the imports get back. */
EXPORT(emovox_wasm_analyzer_create)
emovox_status emovox_wasm_analyzer_create(const emovox_model *model, uint32_t sample_rate, uint32_t channels,
                                          emovox_speaker *speaker, int enroll, double hop_seconds,
                                          const double *judging, void *user, emovox_analyzer **analyzer) {
  emovox_config config = emovox_config_default();
  config.sample_rate = sample_rate;
  config.channels = channels;
  config.on_segment = on_segment;
  config.on_progress = on_progress;
  config.user = user;
  config.judging = unflatten(judging, speaker);
  config.enroll = enroll;
  config.hop_seconds = hop_seconds;
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

/* out: duration, label, agreement, probability, speech_ratio, segments, voting, uncertain, intensity, valence, arousal,
 * votes (16), probabilities (16). */
static emovox_status flatten_summary(emovox_status status, const emovox_summary *s, double out[SUMMARY_SIZE]) {
  if (status) return status;
  const double head[SUMMARY_HEAD] = {
      s->duration, s->label,     (double)s->agreement, (double)s->probability, (double)s->speech_ratio, s->segments,
      s->voting,   s->uncertain, (double)s->intensity, (double)s->valence,     (double)s->arousal};
  for (int i = 0; i < SUMMARY_HEAD; i++)
    out[i] = head[i];
  for (int k = 0; k < LABELS; k++) {
    out[SUMMARY_HEAD + k] = s->votes[k];
    out[SUMMARY_HEAD + LABELS + k] = (double)s->probabilities[k];
  }
  return EMOVOX_OK;
}

/* Segments as flatten_segment() writes them, and their evidence, one after the other -> structs in a new block; NULL if
 * there is no memory. Their salience is left out. */
static emovox_segment *unflatten_segments(const emovox_model *model, const double *segments, const float *evidence,
                                          size_t count) {
  size_t numbers = emovox_evidence_count(model);
  emovox_segment *out = calloc(count ? count : 1, sizeof *out);
  for (size_t i = 0; out && i < count; i++) {
    const double *s = segments + i * SEGMENT_SIZE;
    out[i].start = s[0], out[i].end = s[1], out[i].label = (int)s[2];
    out[i].speech_ratio = (float)s[4], out[i].intensity = (float)s[5];
    memcpy(out[i].evidence, evidence + i * numbers, numbers * sizeof(float));
  }
  return out;
}

/* Judges `count` segments anew, in place, and summarises them. */
EXPORT(emovox_wasm_judge)
emovox_status emovox_wasm_judge(const emovox_model *model, emovox_speaker *speaker, const double *judging,
                                double *segments, const float *evidence, size_t count, double duration,
                                double *summary) {
  emovox_segment *structs = unflatten_segments(model, segments, evidence, count);
  if (!structs) return EMOVOX_ERROR_MEMORY;
  emovox_judging how = unflatten(judging, speaker);
  emovox_summary all;
  emovox_status status = emovox_judge(model, &how, structs, count);
  if (!status) status = flatten_summary(emovox_summarize(model, structs, count, duration, &all), &all, summary);
  for (size_t i = 0; !status && i < count; i++)
    flatten_segment(&structs[i], segments + i * SEGMENT_SIZE);
  free(structs);
  return status;
}

EXPORT(emovox_wasm_speaker_hear)
emovox_status emovox_wasm_speaker_hear(const emovox_model *model, emovox_speaker *speaker, const double *segments,
                                       const float *evidence, size_t count, int ordinary) {
  emovox_segment *structs = unflatten_segments(model, segments, evidence, count);
  if (!structs) return EMOVOX_ERROR_MEMORY;
  emovox_status status = emovox_speaker_hear(speaker, structs, count, ordinary);
  free(structs);
  return status;
}

/* The fingerprint as two numbers of 32 bits: the low one, then, with `high`, the high one. */
EXPORT(emovox_wasm_fingerprint) uint32_t emovox_wasm_fingerprint(const emovox_model *model, int high) {
  return (uint32_t)(emovox_fingerprint(model) >> (high ? 32 : 0));
}

EXPORT(emovox_wasm_finish) emovox_status emovox_wasm_finish(emovox_analyzer *analyzer, double *out) {
  emovox_summary summary;
  return flatten_summary(emovox_finish(analyzer, &summary), &summary, out);
}

EXPORT(emovox_wasm_peek) emovox_status emovox_wasm_peek(const emovox_analyzer *analyzer, double *out) {
  emovox_summary summary;
  return flatten_summary(emovox_peek(analyzer, &summary), &summary, out);
}
