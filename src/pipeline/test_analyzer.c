/* Whole recordings through the public interface, with the shipped model.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "testing.h"

typedef struct results {
  emovox_segment segments[64];
  size_t count;
  int cancel_after; /* segments; 0 = never */
  emovox_summary summary;
} results;

/* What is derived follows from the rest; the salience is a distribution over the moments of the segment. */
static void assert_consistent(const emovox_segment *s) {
  if (s->label == EMOVOX_NO_SPEECH) {
    assert_null(s->salience);
    assert_int_equal(s->salience_count, 0);
    assert_float_equal(s->intensity, 0, 0);
    assert_float_equal(s->valence, 0, 0);
    assert_float_equal(s->arousal, 0, 0);
    return;
  }
  static const float table[8][2] = {{0, 0},        {0.3f, -0.5f}, {0.8f, 0.5f},  {-0.7f, -0.4f},
                                    {-0.6f, 0.7f}, {-0.6f, 0.6f}, {-0.6f, 0.2f}, {0.2f, 0.7f}};
  float valence = 0, arousal = 0, salience = 0;
  for (int k = 0; k < 8; k++) {
    valence += s->probabilities[k] * table[k][0];
    arousal += s->probabilities[k] * table[k][1];
  }
  assert_float_equal(s->valence, valence, 1e-6);
  assert_float_equal(s->arousal, arousal, 1e-6);
  assert_true(s->intensity > 0 && s->intensity < 1);
  for (size_t k = 0; k < s->salience_count; k++) {
    assert_true(s->salience[k] >= 0);
    salience += s->salience[k];
  }
  assert_float_equal(salience, 1, 1e-5);
  double seconds = (double)s->salience_count * 0.04; /* whole steps, of which the last ends with the segment or later */
  assert_true(seconds > s->end - s->start - 1e-9 && seconds < s->end - s->start + 0.05);
}

static void on_segment(const emovox_segment *segment, void *user) {
  results *r = user;
  assert_consistent(segment);
  r->segments[r->count++] = *segment;
}

static int on_progress(double seconds, void *user) {
  results *r = user;
  assert_float_equal(seconds, r->segments[r->count - 1].end, 0);
  return r->cancel_after && r->count >= (size_t)r->cancel_after;
}

typedef struct fixture {
  emovox_model *model;
  array speech; /* 16 kHz mono */
} fixture;

static int set_up(void **state) {
  static fixture f;
  uint32_t rate;
  f.model = testing_model(TESTING_SMALL);
  f.speech = testing_audio(TESTING_SPEECH, &rate);
  assert_int_equal(rate, 16000);
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  emovox_model_destroy(f->model);
  free(f->speech.data);
  return 0;
}

static emovox_analyzer *analyzer_with(const fixture *f, emovox_config config, results *r) {
  config.on_segment = on_segment;
  config.on_progress = on_progress;
  config.user = r;
  emovox_analyzer *analyzer = NULL;
  assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_OK);
  return analyzer;
}

static emovox_analyzer *analyzer_for(const fixture *f, uint32_t sample_rate, uint32_t channels, results *r) {
  emovox_config config = emovox_config_default();
  config.sample_rate = sample_rate;
  config.channels = channels;
  return analyzer_with(f, config, r);
}

static emovox_status analyze(emovox_analyzer *analyzer, const float *samples, size_t frames, size_t channels,
                             size_t chunk, results *r) {
  for (size_t i = 0; i < frames; i += chunk) {
    size_t n = chunk < frames - i ? chunk : frames - i;
    emovox_status status = emovox_push(analyzer, samples + i * channels, n);
    if (status) return status;
  }
  return emovox_finish(analyzer, &r->summary);
}

/* The speech twice with a second of silence between: some ten seconds. */
static array two_utterances(const fixture *f) {
  array out = {.count = 2 * f->speech.count + 16000};
  out.data = calloc(out.count, sizeof(float));
  memcpy(out.data, f->speech.data, f->speech.count * sizeof(float));
  memcpy(out.data + f->speech.count + 16000, f->speech.data, f->speech.count * sizeof(float));
  return out;
}

static void assert_same(const results *a, const results *b, float tolerance) {
  assert_int_equal(a->count, b->count);
  assert_int_equal(a->summary.label, b->summary.label);
  assert_memory_equal(a->summary.votes, b->summary.votes, sizeof a->summary.votes);
  testing_assert_close(a->summary.probabilities, b->summary.probabilities, EMOVOX_MAX_LABELS, tolerance);
  for (size_t i = 0; i < a->count; i++) {
    assert_float_equal(a->segments[i].start, b->segments[i].start, 1e-9);
    assert_int_equal(a->segments[i].label, b->segments[i].label);
    testing_assert_close(a->segments[i].probabilities, b->segments[i].probabilities, EMOVOX_MAX_LABELS, tolerance);
    assert_float_equal(a->segments[i].intensity, b->segments[i].intensity, tolerance);
  }
}

static void hears_speech(void **state) {
  const fixture *f = *state;
  results r = {0};
  emovox_analyzer *analyzer = analyzer_for(f, 16000, 1, &r);
  assert_int_equal(analyze(analyzer, f->speech.data, f->speech.count, 1, 4096, &r), EMOVOX_OK);
  assert_true(r.summary.label >= 0);
  assert_int_equal(r.summary.segments, r.count);
  assert_float_equal(r.summary.duration, (double)f->speech.count / 16000, 1e-9);
  assert_float_equal(r.segments[0].start, 0, 0);
  float sum = 0;
  for (int k = 0; k < EMOVOX_MAX_LABELS; k++)
    sum += r.segments[0].probabilities[k];
  assert_float_equal(sum, 1, 1e-5);
  assert_true(r.segments[0].speech_ratio > 0.1f);
  assert_float_equal(r.summary.intensity, r.segments[0].intensity, 1e-6); /* the only one */
  assert_float_equal(r.summary.valence, r.segments[0].valence, 1e-6);
  emovox_analyzer_destroy(analyzer);
}

static void chunks_and_resets_do_not_matter(void **state) {
  const fixture *f = *state;
  array audio = two_utterances(f);
  static results whole, parts;
  whole = (results){0};
  emovox_analyzer *analyzer = analyzer_for(f, 44100, 1, &whole);
  assert_int_equal(analyze(analyzer, audio.data, audio.count, 1, audio.count, &whole), EMOVOX_OK);
  emovox_analyzer_destroy(analyzer);
  analyzer = analyzer_for(f, 44100, 1, &parts);
  static const size_t chunks[] = {1, 160, 4096};
  for (size_t c = 0; c < 3; c++) {
    parts = (results){0};
    emovox_analyzer_reset(analyzer);
    assert_int_equal(analyze(analyzer, audio.data, audio.count, 1, chunks[c], &parts), EMOVOX_OK);
    assert_same(&parts, &whole, 0);
  }
  emovox_analyzer_destroy(analyzer);
  free(audio.data);
}

static void segments_cover_the_recording(void **state) {
  const fixture *f = *state;
  array audio = two_utterances(f);
  static results r;
  r = (results){0};
  emovox_analyzer *analyzer = analyzer_for(f, 16000, 1, &r);
  assert_int_equal(analyze(analyzer, audio.data, audio.count, 1, 4096, &r), EMOVOX_OK);
  double duration = (double)audio.count / 16000, hop = emovox_hop_seconds(f->model);
  assert_true(r.count >= (size_t)((duration - 4) / hop) + 1);
  assert_float_equal(r.segments[0].start, 0, 0);
  assert_float_equal(r.segments[0].end, 4, 1e-9);
  for (size_t i = 1; i + 1 < r.count; i++)
    assert_float_equal(r.segments[i].start, (hop * (double)i), 1e-9);
  assert_true(duration - r.segments[r.count - 1].end < hop / 4);
  assert_true(r.segments[r.count - 1].end <= duration);
  emovox_analyzer_destroy(analyzer);
  free(audio.data);
}

static results heard_with(const fixture *f, double hop_seconds, float threshold, const float *samples, size_t n) {
  emovox_config config = emovox_config_default();
  config.hop_seconds = hop_seconds;
  config.judging.threshold = threshold;
  results r = {0};
  emovox_analyzer *analyzer = analyzer_with(f, config, &r);
  assert_int_equal(analyze(analyzer, samples, n, 1, 4096, &r), EMOVOX_OK);
  emovox_analyzer_destroy(analyzer);
  return r;
}

static void the_defaults_are_the_models(void **state) {
  const fixture *f = *state;
  array audio = two_utterances(f);
  emovox_config config = emovox_config_default();
  assert_true(config.judging.threshold < 0); /* where nothing is uncertain, 0 would look the same below */
  float threshold = emovox_threshold(f->model);
  assert_true(threshold > 0 && threshold < 1);
  results defaults = heard_with(f, config.hop_seconds, config.judging.threshold, audio.data, audio.count);
  results same = heard_with(f, emovox_hop_seconds(f->model), threshold, audio.data, audio.count);
  assert_same(&same, &defaults, 0);
  free(audio.data);
}

static void another_hop_gives_the_same_verdicts_where_segments_coincide(void **state) {
  const fixture *f = *state;
  array audio = two_utterances(f);
  static const double hops[] = {EMOVOX_MIN_HOP_SECONDS, 0.5, 1.004, 4};
  results wide = heard_with(f, 0, -1, audio.data, audio.count);
  double duration = (double)audio.count / 16000;
  for (size_t h = 0; h < 4; h++) {
    results r = heard_with(f, hops[h], -1, audio.data, audio.count);
    double hop = hops[h] == 1.004 ? 1 : hops[h]; /* whole frames of 10 ms */
    for (size_t i = 0; i + 1 < r.count; i++)
      assert_true(fabs(r.segments[i].start - hop * (double)i) < 1e-9);
    assert_true(r.count >= (size_t)((duration - 4) / hop) + 1);
    assert_true(duration - r.segments[r.count - 1].end < hop / 4);
    for (size_t i = 0; i + 1 < wide.count; i++)
      for (size_t k = 0; k + 1 < r.count; k++)
        if (fabs(r.segments[k].start - wide.segments[i].start) < 1e-9)
          testing_assert_close(r.segments[k].probabilities, wide.segments[i].probabilities, EMOVOX_MAX_LABELS, 0);
  }
  /* 0.4 s more than a sequence: less than a quarter of the model's hop, more than one of a second's. */
  assert_int_equal(heard_with(f, 0, -1, audio.data, 16000 * 44 / 10).count, 1);
  results r = heard_with(f, 1, -1, audio.data, 16000 * 44 / 10);
  assert_int_equal(r.count, 2);
  assert_float_equal(r.segments[1].end, 4.4, 1e-9);
  free(audio.data);
}

static void the_threshold_decides_what_is_uncertain(void **state) {
  const fixture *f = *state;
  array audio = two_utterances(f);
  results defaults = heard_with(f, 0, -1, audio.data, audio.count);
  results forced = heard_with(f, 0, 0, audio.data, audio.count);
  assert_int_equal(forced.summary.uncertain, 0);
  assert_true(forced.summary.label >= 0);
  results never = heard_with(f, 0, 1, audio.data, audio.count);
  assert_int_equal(never.summary.uncertain, never.summary.voting);
  assert_int_equal(never.summary.label, EMOVOX_UNCERTAIN);
  float least = 1; /* exactly as probable is probable enough */
  for (size_t i = 0; i < defaults.count; i++)
    if (defaults.segments[i].label != EMOVOX_NO_SPEECH) least = fminf(least, defaults.segments[i].probability);
  assert_int_equal(heard_with(f, 0, least, audio.data, audio.count).summary.uncertain, 0);
  assert_int_equal(heard_with(f, 0, nextafterf(least, 1), audio.data, audio.count).summary.uncertain, 1);
  for (size_t i = 0; i < defaults.count; i++) {
    const emovox_segment *segment = &never.segments[i];
    testing_assert_close(segment->probabilities, defaults.segments[i].probabilities, EMOVOX_MAX_LABELS, 0);
    assert_float_equal(segment->probability, defaults.segments[i].probability, 0);
  }
  free(audio.data);
}

static void mixes_channels(void **state) {
  const fixture *f = *state;
  float *stereo = malloc(2 * f->speech.count * sizeof(float));
  for (size_t i = 0; i < f->speech.count; i++) { /* the mean is the speech */
    stereo[2 * i] = 2 * f->speech.data[i];
    stereo[2 * i + 1] = 0;
  }
  results mono = {0}, mixed = {0};
  emovox_analyzer *analyzer = analyzer_for(f, 16000, 1, &mono);
  assert_int_equal(analyze(analyzer, f->speech.data, f->speech.count, 1, 4096, &mono), EMOVOX_OK);
  emovox_analyzer_destroy(analyzer);
  analyzer = analyzer_for(f, 16000, 2, &mixed);
  assert_int_equal(analyze(analyzer, stereo, f->speech.count, 2, 999, &mixed), EMOVOX_OK);
  assert_same(&mixed, &mono, 1e-5f);
  emovox_analyzer_destroy(analyzer);
  free(stereo);
}

static void level_does_not_matter(void **state) {
  const fixture *f = *state;
  results reference, r = {0};
  emovox_analyzer *analyzer = analyzer_for(f, 16000, 1, &r);
  assert_int_equal(analyze(analyzer, f->speech.data, f->speech.count, 1, 4096, &r), EMOVOX_OK);
  reference = r;
  float *scaled = malloc(f->speech.count * sizeof(float));
  static const float gains[] = {0.01f, 0.1f, 32768};
  for (size_t g = 0; g < 3; g++) {
    for (size_t i = 0; i < f->speech.count; i++)
      scaled[i] = gains[g] * f->speech.data[i];
    emovox_analyzer_reset(analyzer);
    r.count = 0;
    assert_int_equal(analyze(analyzer, scaled, f->speech.count, 1, 4096, &r), EMOVOX_OK);
    assert_same(&r, &reference, 1e-3f);
  }
  free(scaled);
  emovox_analyzer_destroy(analyzer);
}

static void assert_no_speech(const fixture *f, const float *samples, size_t n) {
  results r = {0};
  emovox_analyzer *analyzer = analyzer_for(f, 16000, 1, &r);
  assert_int_equal(analyze(analyzer, samples, n, 1, 4096, &r), EMOVOX_OK);
  assert_int_equal(r.summary.label, EMOVOX_NO_SPEECH);
  assert_int_equal(r.summary.voting, 0);
  assert_int_equal(r.summary.segments, r.count);
  assert_float_equal(r.summary.agreement, 0, 0);
  emovox_analyzer_destroy(analyzer);
}

static void silence_is_no_speech(void **state) {
  const fixture *f = *state;
  static float samples[80000];
  assert_no_speech(f, samples, 80000);
  testing_noise(samples, 80000, 10);
  assert_no_speech(f, samples, 80000);
  for (size_t i = 0; i < 80000; i++) /* speech, but at -120 dBFS: nobody could hear it */
    samples[i] = i < f->speech.count ? 1e-6f * f->speech.data[i] : 0;
  assert_no_speech(f, samples, 80000);
}

static void what_never_changes_is_no_speech(void **state) {
  const fixture *f = *state;
  static float samples[480000];
  const float hertz[] = {0, 50, 440, 3000}; /* 0: a direct current */
  for (size_t k = 0; k < sizeof hertz / sizeof *hertz; k++)
    for (uint32_t rate = 16000; rate <= 48000; rate += 32000)
      for (size_t n = rate / 2; n <= 10 * rate; n *= 3) {
        results r = {0};
        for (size_t i = 0; i < n; i++)
          samples[i] = 0.5f * cosf(6.2831853f * fmodf(hertz[k] * (float)i / (float)rate, 1));
        emovox_analyzer *analyzer = analyzer_for(f, rate, 1, &r);
        assert_int_equal(analyze(analyzer, samples, n, 1, 4096, &r), EMOVOX_OK);
        if (r.summary.label != EMOVOX_NO_SPEECH) fail_msg("%g Hz, %g s", (double)hertz[k], (double)n / rate);
        emovox_analyzer_destroy(analyzer);
      }
}

static void names_each_fault(void **state) {
  const fixture *f = *state;
  results r = {0};
  emovox_config config = emovox_config_default();
  emovox_analyzer *analyzer = NULL;
  assert_int_equal(emovox_analyzer_create(NULL, &config, &analyzer), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_analyzer_create(f->model, NULL, &analyzer), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_analyzer_create(f->model, &config, NULL), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_push(NULL, f->speech.data, 1), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_finish(NULL, &r.summary), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_peek(NULL, &r.summary), EMOVOX_ERROR_ARGUMENT);
  emovox_analyzer_reset(NULL);
  static const uint32_t bad_rates[] = {0, 7999, 192001, UINT32_MAX};
  for (size_t i = 0; i < 4; i++) {
    config.sample_rate = bad_rates[i];
    assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_ERROR_SAMPLE_RATE);
  }
  config = emovox_config_default();
  static const uint32_t bad_channels[] = {0, 33, UINT32_MAX};
  for (size_t i = 0; i < 3; i++) {
    config.channels = bad_channels[i];
    assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_ERROR_ARGUMENT);
  }
  config = emovox_config_default();
  static const double bad_hops[] = {NAN, INFINITY, -1, 1e-9, 0.2499, 4.001};
  for (size_t i = 0; i < 6; i++) {
    config.hop_seconds = bad_hops[i];
    assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_ERROR_ARGUMENT);
  }
  config = emovox_config_default();
  static const float bad_thresholds[] = {NAN, INFINITY, 1.0001f};
  for (size_t i = 0; i < 3; i++) {
    config.judging.threshold = bad_thresholds[i];
    assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_ERROR_ARGUMENT);
  }
  config = emovox_config_default();
  config.judging.labels = 1U << 4; /* one is no choice */
  assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_ERROR_ARGUMENT);
  config = emovox_config_default();
  config.judging.prior[3] = NAN;
  assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_ERROR_ARGUMENT);
  config = emovox_config_default();
  config.enroll = 1; /* whom? */
  assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_ERROR_ARGUMENT);
  assert_null(analyzer);

  analyzer = analyzer_for(f, 16000, 1, &r);
  assert_int_equal(emovox_push(analyzer, NULL, 1), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_push(analyzer, NULL, 0), EMOVOX_OK);
  assert_int_equal(emovox_peek(analyzer, NULL), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_finish(analyzer, NULL), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_finish(analyzer, &r.summary), EMOVOX_ERROR_EMPTY);
  assert_int_equal(emovox_push(analyzer, f->speech.data, 1), EMOVOX_ERROR_STATE);

  emovox_analyzer_reset(analyzer);
  assert_int_equal(emovox_push(analyzer, f->speech.data, 7839), EMOVOX_OK);
  assert_int_equal(emovox_finish(analyzer, &r.summary), EMOVOX_ERROR_TOO_SHORT);
  emovox_analyzer_reset(analyzer);
  assert_int_equal(emovox_push(analyzer, f->speech.data, 7840), EMOVOX_OK);
  assert_int_equal(emovox_finish(analyzer, &r.summary), EMOVOX_OK);
  assert_int_equal(emovox_finish(analyzer, &r.summary), EMOVOX_ERROR_STATE);
  emovox_analyzer_destroy(analyzer);
  emovox_analyzer_destroy(NULL);
  emovox_analyzer_reset(NULL);
}

/* A bad push is refused whole and the recording goes on as if it had not been. */
static void refuses_what_is_not_a_number(void **state) {
  const fixture *f = *state;
  results expected = {0}, r = {0};
  emovox_analyzer *analyzer = analyzer_for(f, 16000, 1, &expected);
  assert_int_equal(analyze(analyzer, f->speech.data, f->speech.count, 1, 4096, &expected), EMOVOX_OK);
  emovox_analyzer_destroy(analyzer);
  analyzer = analyzer_for(f, 16000, 1, &r);
  static const float bad[] = {NAN, INFINITY, -INFINITY, 1.1e6f, -1.1e6f};
  for (size_t i = 0; i < 5; i++) {
    float samples[3] = {0, bad[i], 0};
    assert_int_equal(emovox_push(analyzer, samples, 3), EMOVOX_ERROR_NOT_FINITE);
  }
  assert_int_equal(analyze(analyzer, f->speech.data, f->speech.count, 1, 4096, &r), EMOVOX_OK);
  assert_same(&r, &expected, 0);
  emovox_analyzer_destroy(analyzer);
}

static void can_be_cancelled(void **state) {
  const fixture *f = *state;
  array audio = two_utterances(f);
  results r = {.cancel_after = 2};
  emovox_analyzer *analyzer = analyzer_for(f, 16000, 1, &r);
  assert_int_equal(emovox_push(analyzer, audio.data, audio.count), EMOVOX_ERROR_CANCELLED);
  assert_int_equal(r.count, 2);
  assert_int_equal(emovox_finish(analyzer, &r.summary), EMOVOX_ERROR_STATE);
  emovox_analyzer_reset(analyzer);
  r = (results){0};
  assert_int_equal(analyze(analyzer, audio.data, audio.count, 1, 4096, &r), EMOVOX_OK);
  assert_true(r.count > 2);
  emovox_analyzer_destroy(analyzer);
  free(audio.data);
}

static void can_be_watched(void **state) {
  const fixture *f = *state;
  array audio = two_utterances(f);
  results r = {0};
  emovox_summary live;
  emovox_analyzer *analyzer = analyzer_for(f, 16000, 1, &r);
  assert_int_equal(emovox_peek(analyzer, &live), EMOVOX_OK);
  assert_int_equal(live.label, EMOVOX_NO_SPEECH);
  assert_int_equal(emovox_push(analyzer, audio.data, 16000 * 5), EMOVOX_OK);
  assert_int_equal(emovox_peek(analyzer, &live), EMOVOX_OK);
  assert_int_equal(live.segments, r.count);
  assert_float_equal(live.duration, 5, 1e-9);
  emovox_analyzer_destroy(analyzer);
  free(audio.data);
}

typedef struct frames {
  float data[1000 * 80];
  size_t count;
} frames;

static void keep_frame(const float *frame, size_t bands, void *user) {
  frames *out = user;
  assert_int_equal(bands, 80);
  memcpy(out->data + 80 * out->count++, frame, 80 * sizeof(float));
}

static void features_of(const float *samples, size_t n, uint32_t channels, frames *out) {
  emovox_config config = emovox_config_default();
  config.channels = channels;
  config.user = out;
  emovox_features *features = NULL;
  assert_int_equal(emovox_features_create(&config, keep_frame, &features), EMOVOX_OK);
  out->count = 0;
  assert_int_equal(emovox_features_push(features, samples, n), EMOVOX_OK);
  assert_int_equal(emovox_features_finish(features), EMOVOX_OK);
  emovox_features_destroy(features);
  assert_int_equal(out->count, 1 + n / 160);
}

static void features_are_one_frame_per_hop_of_the_mean_channel(void **state) {
  const fixture *f = *state;
  static frames mono, stereo;
  size_t n = f->speech.count;
  float *pairs = malloc(2 * n * sizeof(float));
  for (size_t i = 0; i < n; i++)
    pairs[2 * i] = pairs[2 * i + 1] = f->speech.data[i];
  features_of(f->speech.data, n, 1, &mono);
  features_of(pairs, n, 2, &stereo);
  testing_assert_close(stereo.data, mono.data, mono.count * 80, 0);
  free(pairs);
  emovox_features_destroy(NULL);
}

static void features_name_each_fault(void **state) {
  (void)state;
  emovox_config config = emovox_config_default();
  emovox_features *features = NULL;
  assert_int_equal(emovox_features_create(NULL, keep_frame, &features), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_features_create(&config, NULL, &features), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_features_create(&config, keep_frame, NULL), EMOVOX_ERROR_ARGUMENT);
  config.sample_rate = 7999;
  assert_int_equal(emovox_features_create(&config, keep_frame, &features), EMOVOX_ERROR_SAMPLE_RATE);
  config.sample_rate = 16000;
  assert_int_equal(emovox_features_create(&config, keep_frame, &features), EMOVOX_OK);
  float sample = NAN;
  assert_int_equal(emovox_features_push(NULL, &sample, 1), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_features_push(features, NULL, 1), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_features_push(features, &sample, 1), EMOVOX_ERROR_NOT_FINITE);
  assert_int_equal(emovox_features_finish(NULL), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_features_finish(features), EMOVOX_ERROR_EMPTY);
  assert_int_equal(emovox_features_push(features, &sample, 1), EMOVOX_ERROR_STATE);
  assert_int_equal(emovox_features_finish(features), EMOVOX_ERROR_STATE);
  emovox_features_destroy(features);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hears_speech),
      cmocka_unit_test(chunks_and_resets_do_not_matter),
      cmocka_unit_test(segments_cover_the_recording),
      cmocka_unit_test(the_defaults_are_the_models),
      cmocka_unit_test(another_hop_gives_the_same_verdicts_where_segments_coincide),
      cmocka_unit_test(the_threshold_decides_what_is_uncertain),
      cmocka_unit_test(mixes_channels),
      cmocka_unit_test(level_does_not_matter),
      cmocka_unit_test(silence_is_no_speech),
      cmocka_unit_test(what_never_changes_is_no_speech),
      cmocka_unit_test(names_each_fault),
      cmocka_unit_test(refuses_what_is_not_a_number),
      cmocka_unit_test(can_be_cancelled),
      cmocka_unit_test(can_be_watched),
      cmocka_unit_test(features_are_one_frame_per_hop_of_the_mean_channel),
      cmocka_unit_test(features_name_each_fault),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
