/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void report_time(void) {
  fprintf(stderr, "processor_seconds: %.0f\n", (double)clock() / CLOCKS_PER_SEC);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  return atexit(report_time);
}

uint8_t fuzz_byte(fuzz_input *in) {
  return in->at < in->end ? *in->at++ : 0;
}

uint32_t fuzz_u32(fuzz_input *in) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++)
    value = value << 8 | fuzz_byte(in);
  return value;
}

float fuzz_float(fuzz_input *in) {
  uint32_t bits = fuzz_u32(in);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

void fuzz_require(int condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "broken promise: %s\n", what);
  abort();
}

const emovox_model *fuzz_model(void) {
  static emovox_model *model; /* libFuzzer calls on one thread */
  if (model) return model;
  const char *path = getenv("EMOVOX_FUZZ_MODEL");
  FILE *file = path ? fopen(path, "rb") : NULL;
  fuzz_require(file != NULL, "EMOVOX_FUZZ_MODEL names a model");
  static uint8_t bytes[1 << 16];
  size_t size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  fuzz_require(emovox_model_create(bytes, size, &model) == EMOVOX_OK, "the model can be read");
  return model;
}

static int within(double value, double least, double most) {
  return value >= least && value <= most; /* NaN is not */
}

void fuzz_check_judgement(const emovox_model *model, const emovox_segment *s) {
  int labels = emovox_label_count(model), speech = s->label != EMOVOX_NO_SPEECH;
  double sum = 0;
  fuzz_require(emovox_label(model, s->label) != NULL, "a label has a name");
  fuzz_require(within((double)s->probability, 0, 1), "a probability is 0..1");
  fuzz_require(within((double)s->valence, -1.0001, 1.0001), "valence is -1..1");
  fuzz_require(within((double)s->arousal, -1.0001, 1.0001), "arousal is -1..1");
  for (int k = 0; k < labels; k++) {
    fuzz_require(within((double)s->probabilities[k], 0, 1), "a probability is 0..1");
    sum += (double)s->probabilities[k];
  }
  fuzz_require(fabs(sum - speech) < 1e-3, "probabilities sum to 1, or to 0 without speech");
}

void fuzz_check_segment(const emovox_model *model, const emovox_segment *s) {
  int speech = s->label != EMOVOX_NO_SPEECH;
  double sum = 0;
  fuzz_check_judgement(model, s);
  fuzz_require(s->start >= 0 && s->end >= s->start, "time goes forward");
  fuzz_require(s->end - s->start <= emovox_sequence_seconds(model) + 1e-9, "a segment is a sequence at most");
  fuzz_require(within((double)s->speech_ratio, 0, 1), "shares are 0..1");
  fuzz_require(within((double)s->intensity, 0, 1), "intensity is 0..1");
  for (size_t k = 0; k < emovox_evidence_count(model); k++)
    fuzz_require(within((double)s->evidence[k], -1e6, 1e6) && (speech || s->evidence[k] == 0), "evidence is plausible");
  for (size_t k = 0; k < s->salience_count; k++)
    sum += (double)s->salience[k];
  fuzz_require(fabs(sum - speech) < 1e-3, "salience sums to 1, or is not there");
}

void fuzz_check_summary(const emovox_model *model, const emovox_summary *s) {
  uint32_t votes = s->uncertain;
  fuzz_require(emovox_label(model, s->label) != NULL, "a label has a name");
  fuzz_require(s->duration >= 0, "a duration is no debt");
  fuzz_require(within((double)s->agreement, 0, 1) && within((double)s->speech_ratio, 0, 1), "shares are 0..1");
  fuzz_require(within((double)s->probability, 0, 1), "a probability is 0..1");
  fuzz_require(within((double)s->intensity, 0, 1), "intensity is 0..1");
  for (int k = 0; k < emovox_label_count(model); k++) {
    votes += s->votes[k];
    fuzz_require(within((double)s->probabilities[k], 0, 1), "a probability is 0..1");
  }
  fuzz_require(votes == s->voting && s->voting <= s->segments, "votes add up");
}

static void on_segment(const emovox_segment *segment, void *user) {
  const emovox_model *const *model = user;
  fuzz_check_segment(*model, segment);
}

/* Judges what is at the ends of what evidence may be, as the speaker's if there is one. */
static void judge_extremes(const emovox_model *model, emovox_speaker *speaker) {
  static const float ends[] = {1e6F, -1e6F, 1, 0};
  emovox_segment segments[4] = {{0}};
  emovox_judging judging = emovox_judging_default();
  emovox_summary summary;
  judging.speaker = speaker;
  for (size_t i = 0; i < 4; i++) {
    segments[i] = (emovox_segment){.start = (double)i, .end = (double)i + 2};
    for (size_t k = 0; k < EMOVOX_MAX_EVIDENCE; k++)
      segments[i].evidence[k] = ends[(i * k + k / 3) % 4];
  }
  if (speaker) fuzz_require(!emovox_speaker_hear(speaker, segments, 4, 0), "evidence can be heard");
  fuzz_require(!emovox_judge(model, &judging, segments, 4), "evidence can be judged");
  for (size_t i = 0; i < 4; i++)
    fuzz_check_judgement(model, &segments[i]);
  fuzz_require(!emovox_summarize(model, segments, 4, 5, &summary), "segments can be summarised");
  fuzz_check_summary(model, &summary);
}

void fuzz_judge(const emovox_model *model, emovox_speaker *speaker, int seconds) {
  static float second[16000];
  for (int i = 0; i < 16000; i++)
    second[i] = (float)(i * 7919 % 1000) / 1000 - 0.5F;
  emovox_config config = emovox_config_default();
  config.judging.speaker = speaker;
  config.on_segment = on_segment;
  config.user = &model;
  emovox_analyzer *analyzer;
  if (emovox_analyzer_create(model, &config, &analyzer)) return;
  emovox_summary summary;
  emovox_status status = EMOVOX_OK;
  for (int i = 0; i < seconds && !status; i++)
    status = emovox_push(analyzer, second, 16000);
  if (!status && !emovox_finish(analyzer, &summary)) fuzz_check_summary(model, &summary);
  emovox_analyzer_destroy(analyzer);
  judge_extremes(model, speaker);
}
