/* The streaming API, driven by random sequences of calls with any content.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { MOST_CALLS = 64, MOST_FRAMES = 40000, MOST_TOTAL = 400000, GIGANTIC = 10000000, PROFILE = 1024, SEGMENTS = 8 };

typedef struct listener {
  const emovox_model *model;
  double last; /* start of the last segment, s */
  int cancel;  /* after so many segments */
} listener;

static void on_segment(const emovox_segment *segment, void *user) {
  listener *self = user;
  fuzz_check_segment(self->model, segment);
  fuzz_require(segment->start >= self->last, "segments come in order of time");
  self->last = segment->start;
}

static int on_progress(double seconds, void *user) {
  listener *self = user;
  fuzz_require(seconds >= 0, "progress is no debt");
  return self->cancel > 0 && --self->cancel == 0;
}

static float sample(int kind, size_t i, fuzz_input *in) {
  switch (kind) {
    case 0:
      return 0;
    case 1:
      return (float)(i * 7919 % 2001) / 1000 - 1; /* noise */
    case 2:
      return i % 2 ? 1e38F : -1e38F; /* as large as it gets */
    case 3:
      return 1e-40F; /* denormal */
    case 4:
      return 0.5F; /* constant */
    case 5:
      return sinf((float)i * 0.1F) * 1e-3F; /* quiet tone */
    case 6:
      return i % 1000 == 999 ? NAN : 0.1F; /* rarely not a number */
    case 7:
      return i % 1000 == 999 ? INFINITY : -0.1F;
    default:
      return fuzz_float(in);
  }
}

/* `gigantic`: whether a push may take seconds. */
static void push(emovox_analyzer *analyzer, fuzz_input *in, uint32_t channels, size_t *total, int gigantic) {
  static float samples[GIGANTIC];
  uint32_t size = fuzz_u32(in);
  size_t frames = size % (MOST_FRAMES + 1);
  int kind = fuzz_byte(in) % 9;
  if (*total + frames > MOST_TOTAL || frames * channels > MOST_FRAMES * 2) frames = 1;
  if (size == UINT32_MAX && gigantic && *total < MOST_TOTAL) frames = GIGANTIC / channels;
  *total += frames;
  for (size_t i = 0; i < frames * channels; i++)
    samples[i] = sample(kind, i, in);
  emovox_status status = emovox_push(analyzer, frames ? samples : NULL, frames);
  fuzz_require(emovox_strerror(status) != NULL, "a status has a sentence");
}

static void exchange_profile(emovox_speaker *speaker, fuzz_input *in) {
  uint8_t profile[PROFILE], again[PROFILE];
  size_t size = sizeof profile, size_again = sizeof again;
  if (emovox_speaker_save(speaker, profile, &size)) return;
  uint8_t changed = fuzz_byte(in);
  if (changed) profile[fuzz_u32(in) % size] ^= changed;
  int cut = fuzz_byte(in) % 8 == 7;
  emovox_status status = emovox_speaker_restore(speaker, profile, cut ? size - 1 : size);
  fuzz_require((changed || cut) == (status != EMOVOX_OK), "a profile is refused if it was changed");
  fuzz_require(emovox_speaker_save(speaker, again, &size_again) == EMOVOX_OK, "a speaker can be saved");
  fuzz_require(size_again == size, "profiles of a model have one size");
}

/* Any light at all. */
static emovox_judging read_judging(fuzz_input *in, emovox_speaker *speaker) {
  emovox_judging judging = emovox_judging_default();
  uint8_t given = fuzz_byte(in);
  if (given & 1) judging.speaker = speaker;
  if (given & 2) judging.threshold = fuzz_float(in);
  if (given & 4) judging.labels = fuzz_byte(in) % 16; /* the model has three */
  for (int k = 0; k < 3 && given & 8; k++)
    judging.prior[k] = given & 16 ? fuzz_float(in) : (float)fuzz_byte(in);
  return judging;
}

/* Segments in order of time, with evidence of any kind. Returns how many. */
static size_t read_segments(fuzz_input *in, emovox_segment *out) {
  uint8_t kind = fuzz_byte(in);
  double start = 0;
  for (int i = 0; i < kind % SEGMENTS; i++) {
    out[i] = (emovox_segment){.start = start, .end = start + 0.01 + fuzz_byte(in) * 0.01, .speech_ratio = 1};
    start += fuzz_byte(in) * 0.01;
    if (kind & 64) out[i].end = (double)fuzz_float(in);
    out[i].label = kind & 128 ? EMOVOX_UNCERTAIN : fuzz_byte(in) % 5 - 2;
    for (size_t k = 0; k < emovox_evidence_count(fuzz_model()) && out[i].label != EMOVOX_NO_SPEECH; k++)
      out[i].evidence[k] = kind & 32 ? fuzz_float(in) : (float)(fuzz_byte(in) - 128) / 16;
  }
  return kind % SEGMENTS;
}

static void judge(const emovox_model *model, emovox_speaker *speaker, fuzz_input *in) {
  emovox_segment segments[SEGMENTS];
  emovox_summary summary;
  const emovox_judging judging = read_judging(in, speaker);
  size_t count = read_segments(in, segments);
  if (emovox_judge(model, &judging, segments, count)) return;
  for (size_t i = 0; i < count; i++) {
    fuzz_check_judgement(model, &segments[i]);
    for (int k = 0; k < emovox_label_count(model) && judging.labels; k++)
      fuzz_require(judging.labels >> k & 1 || segments[i].probabilities[k] <= 0,
                   "a label that is not allowed gets nothing");
  }
  fuzz_require(!emovox_summarize(model, segments, count, 10, &summary), "what was judged can be summarised");
  fuzz_check_summary(model, &summary);
}

/* Often enough, at times, that old segments are condensed. */
static void hear(emovox_speaker *speaker, fuzz_input *in) {
  emovox_segment segments[SEGMENTS];
  uint8_t how = fuzz_byte(in);
  size_t count = read_segments(in, segments);
  double seconds = emovox_speaker_seconds(speaker);
  for (int i = 0; i <= how / 2; i++) {
    int refused = emovox_speaker_hear(speaker, segments, count, how % 2) != EMOVOX_OK;
    double now = emovox_speaker_seconds(speaker);
    fuzz_require(refused ? !(now > seconds || now < seconds) : now >= seconds, "hearing adds seconds, or nothing");
    seconds = now;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input in = {data, data + size};
  const emovox_model *model = fuzz_model();
  listener listener = {.model = model};
  emovox_speaker *speaker = NULL;
  emovox_analyzer *analyzer = NULL;
  emovox_config config = emovox_config_default();
  size_t total = 0;
  static unsigned inputs;
  int gigantic = inputs++ % 500 == 0; /* always where a find is run again by itself */
  for (int call = 0; call < MOST_CALLS && in.at < in.end; call++) {
    emovox_summary summary;
    switch (fuzz_byte(&in) % 14) {
      case 0: { /* another analyzer */
        emovox_analyzer_destroy(analyzer);
        analyzer = NULL;
        config = emovox_config_default();
        static const uint32_t rates[] = {0, 7999, 8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000, 192001};
        uint8_t rate = fuzz_byte(&in);
        config.sample_rate = rate < sizeof rates / sizeof *rates ? rates[rate] : 8000 + fuzz_u32(&in) % 184001;
        config.channels = 1 + fuzz_byte(&in) % 2;
        if (fuzz_byte(&in) % 16 == 0) config.channels = fuzz_u32(&in) % 64;
        config.on_segment = on_segment;
        config.on_progress = on_progress;
        config.user = &listener;
        config.judging = read_judging(&in, speaker);
        config.enroll = fuzz_byte(&in) % 4 == 0;
        if (fuzz_byte(&in) % 4 == 0) config.hop_seconds = (double)fuzz_float(&in);
        listener.last = 0;
        listener.cancel = fuzz_byte(&in) % 8;
        if (emovox_analyzer_create(model, &config, &analyzer)) analyzer = NULL;
        break;
      }
      case 1: /* another speaker, for the next analyzer */
        if (analyzer && config.judging.speaker == speaker) break;
        emovox_speaker_destroy(speaker);
        fuzz_require(emovox_speaker_create(model, &speaker) == EMOVOX_OK, "a speaker can be made");
        break;
      case 2:
        if (speaker) exchange_profile(speaker, &in);
        break;
      case 3:
        emovox_speaker_reset(speaker);
        break;
      case 4:
        if (emovox_finish(analyzer, &summary) == EMOVOX_OK) fuzz_check_summary(model, &summary);
        break;
      case 5:
        if (emovox_peek(analyzer, &summary) == EMOVOX_OK) fuzz_check_summary(model, &summary);
        break;
      case 6:
        emovox_analyzer_reset(analyzer);
        listener.last = 0;
        break;
      case 7:
        if (speaker) {
          fuzz_require(emovox_speaker_seconds(speaker) >= 0, "seconds are no debt");
          double weight = emovox_speaker_weight(speaker);
          fuzz_require(weight >= 0 && weight <= 1, "a weight is 0..1");
        }
        break;
      case 8:
        if (speaker) hear(speaker, &in);
        break;
      case 9:
        judge(model, speaker, &in);
        break;
      default:
        if (analyzer) push(analyzer, &in, config.channels, &total, gigantic);
    }
  }
  emovox_analyzer_destroy(analyzer);
  emovox_speaker_destroy(speaker);
  return 0;
}
