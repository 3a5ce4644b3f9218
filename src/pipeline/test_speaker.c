/* Speakers through the public interface, on real speech, with the tiny model, to which any speech is diverse.
 * SPDX-License-Identifier: MIT */
#include "pipeline/speaker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/fnv.h"
#include "pipeline/model.h"
#include "testing.h"

enum { MAX_SEGMENTS = 32, PROFILE = 24 + 8 * (4 + 2 * 11) + 8 };

typedef struct session {
  emovox_segment segments[MAX_SEGMENTS];
  size_t count;
} session;

typedef struct fixture {
  emovox_model *model;
  array speech; /* 16 kHz mono, twice the same: eight seconds */
} fixture;

static int set_up(void **state) {
  static fixture f;
  uint32_t rate;
  f.model = testing_model(TESTING_TINY);
  array once = testing_audio(TESTING_SPEECH, &rate);
  assert_int_equal(rate, 16000);
  f.speech = (array){.count = 2 * once.count, .data = malloc(2 * once.count * sizeof(float))};
  memcpy(f.speech.data, once.data, once.count * sizeof(float));
  memcpy(f.speech.data + once.count, once.data, once.count * sizeof(float));
  free(once.data);
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  emovox_model_destroy(f->model);
  free(f->speech.data);
  return 0;
}

static void on_segment(const emovox_segment *segment, void *user) {
  session *out = user;
  out->segments[out->count++] = *segment;
}

static int stop(double seconds, void *user) {
  (void)seconds, (void)user;
  return 1;
}

static emovox_speaker *new_speaker(const fixture *f) {
  emovox_speaker *speaker = NULL;
  assert_int_equal(emovox_speaker_create(f->model, &speaker), EMOVOX_OK);
  return speaker;
}

/* One recording of `frames` samples; returns what its last call says. */
static emovox_status hear(const fixture *f, emovox_speaker *speaker, int enroll, const float *samples, size_t frames,
                          emovox_progress_callback on_progress, session *out) {
  emovox_config config = emovox_config_default();
  config.on_segment = on_segment;
  config.on_progress = on_progress;
  config.user = out;
  config.speaker = speaker;
  config.enroll = enroll;
  *out = (session){0};
  emovox_analyzer *analyzer = NULL;
  assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_OK);
  emovox_summary summary;
  emovox_status status = emovox_push(analyzer, samples, frames);
  if (!status) status = emovox_finish(analyzer, &summary);
  emovox_analyzer_destroy(analyzer);
  return status;
}

static float difference(const session *a, const session *b, size_t i) {
  float worst = 0;
  for (int k = 0; k < EMOVOX_MAX_LABELS; k++)
    worst = fmaxf(worst, fabsf(a->segments[i].probabilities[k] - b->segments[i].probabilities[k]));
  return worst;
}

static void strangers_become_acquainted(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  session alone, first, second;
  const float *samples = f->speech.data;
  size_t n = f->speech.count;
  assert_int_equal(hear(f, NULL, 0, samples, n, NULL, &alone), EMOVOX_OK);
  assert_float_equal(emovox_speaker_weight(speaker), 0, 0);
  assert_int_equal(hear(f, speaker, 0, samples, n, NULL, &first), EMOVOX_OK);
  assert_true(alone.count >= 3);
  for (size_t i = 0; i < 2; i++) /* judged before they are added, and one segment has no variance */
    assert_float_equal(difference(&alone, &first, i), 0, 0);
  assert_true(difference(&alone, &first, alone.count - 1) > 1e-4f);
  assert_float_equal(emovox_speaker_seconds(speaker), (double)n / 16000, 0.3); /* overlaps count once */
  double weight = emovox_speaker_weight(speaker);
  assert_true(weight > 0 && weight < 1);
  assert_int_equal(hear(f, speaker, 0, samples, n, NULL, &second), EMOVOX_OK);
  assert_true(difference(&first, &second, 0) > 1e-4f); /* what came before is remembered, from the first segment on */
  assert_float_equal(emovox_speaker_seconds(speaker), (2.0 * (double)n / 16000), 0.6);
  emovox_speaker_reset(speaker);
  assert_float_equal(emovox_speaker_seconds(speaker), 0, 0);
  assert_int_equal(hear(f, speaker, 0, samples, n, NULL, &second), EMOVOX_OK);
  for (size_t i = 0; i < first.count; i++)
    assert_float_equal(difference(&first, &second, i), 0, 0);
  emovox_speaker_destroy(speaker);
}

static void enrolling_adapts_at_once(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  session s, alone;
  assert_int_equal(hear(f, speaker, 1, f->speech.data, f->speech.count, NULL, &s), EMOVOX_OK);
  double seconds = emovox_speaker_seconds(speaker), prior = (double)f->model->adaptation.prior_seconds;
  assert_float_equal(seconds, (double)f->speech.count / 16000, 0.3);
  assert_float_equal(emovox_speaker_weight(speaker), (seconds / (seconds + prior)), 1e-9);
  assert_int_equal(hear(f, speaker, 0, f->speech.data, f->speech.count, NULL, &s), EMOVOX_OK);
  assert_int_equal(hear(f, NULL, 0, f->speech.data, f->speech.count, NULL, &alone), EMOVOX_OK);
  assert_true(difference(&s, &alone, 0) > 1e-3f);
  emovox_speaker_destroy(speaker);
}

static void silence_teaches_nothing(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  static const float silence[80000];
  session s;
  assert_int_equal(hear(f, speaker, 0, silence, 80000, NULL, &s), EMOVOX_OK);
  assert_int_equal(hear(f, speaker, 1, silence, 80000, NULL, &s), EMOVOX_OK);
  assert_float_equal(emovox_speaker_seconds(speaker), 0, 0);
  emovox_speaker_destroy(speaker);
}

static void what_a_cancelled_recording_taught_stays(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  session s;
  assert_int_equal(hear(f, speaker, 0, f->speech.data, f->speech.count, stop, &s), EMOVOX_ERROR_CANCELLED);
  assert_float_equal(emovox_speaker_seconds(speaker), 4, 1e-9);
  emovox_speaker_destroy(speaker);
}

/* A reset analyzer begins anew, and its speaker goes on. */
static void recordings_are_timed_apart(void **state) {
  const fixture *f = *state;
  emovox_config config = emovox_config_default();
  config.speaker = new_speaker(f);
  emovox_analyzer *analyzer = NULL;
  assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_OK);
  for (int i = 1; i <= 3; i++) {
    assert_int_equal(emovox_push(analyzer, f->speech.data, 70000), EMOVOX_OK); /* one segment, and no more */
    assert_float_equal(emovox_speaker_seconds(config.speaker), (4.0 * i), 1e-9);
    emovox_analyzer_reset(analyzer);
  }
  emovox_analyzer_destroy(analyzer);
  emovox_speaker_destroy(config.speaker);
}

static void refuses_other_models_and_null(void **state) {
  const fixture *f = *state;
  emovox_model *other = testing_model(TESTING_TINY);
  emovox_speaker *speaker = new_speaker(f);
  emovox_analyzer *analyzer = NULL;
  emovox_config config = emovox_config_default();
  config.enroll = 1; /* whom? */
  assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_ERROR_ARGUMENT);
  config.speaker = speaker;
  assert_int_equal(emovox_analyzer_create(other, &config, &analyzer), EMOVOX_ERROR_ARGUMENT);
  assert_null(analyzer);
  size_t size = 0;
  assert_int_equal(emovox_speaker_create(NULL, &speaker), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_create(f->model, NULL), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_save(NULL, NULL, &size), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_save(speaker, NULL, NULL), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_restore(speaker, NULL, 0), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_restore(NULL, "", 0), EMOVOX_ERROR_ARGUMENT);
  emovox_speaker_destroy(speaker);
  emovox_speaker_destroy(NULL);
  emovox_speaker_reset(NULL);
  emovox_model_destroy(other);
}

/* The profile of a speaker who was enrolled and heard. */
static void make_profile(const fixture *f, uint8_t profile[PROFILE]) {
  emovox_speaker *speaker = new_speaker(f);
  session s;
  assert_int_equal(hear(f, speaker, 1, f->speech.data, f->speech.count / 2, NULL, &s), EMOVOX_OK);
  assert_int_equal(hear(f, speaker, 0, f->speech.data, f->speech.count, NULL, &s), EMOVOX_OK);
  size_t size = 0;
  assert_int_equal(emovox_speaker_save(speaker, NULL, &size), EMOVOX_OK);
  assert_int_equal(size, PROFILE);
  size = PROFILE - 1;
  assert_int_equal(emovox_speaker_save(speaker, profile, &size), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(size, PROFILE - 1);
  size = PROFILE + 1;
  assert_int_equal(emovox_speaker_save(speaker, profile, &size), EMOVOX_OK);
  assert_int_equal(size, PROFILE);
  emovox_speaker_destroy(speaker);
}

static void a_profile_brings_everything_back(void **state) {
  const fixture *f = *state;
  uint8_t profile[PROFILE], again[PROFILE];
  make_profile(f, profile);
  emovox_speaker *speaker = new_speaker(f);
  assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE), EMOVOX_OK);
  size_t size = PROFILE;
  assert_int_equal(emovox_speaker_save(speaker, again, &size), EMOVOX_OK);
  assert_memory_equal(again, profile, PROFILE);
  assert_true(emovox_speaker_weight(speaker) > 0);
  emovox_speaker_reset(speaker); /* and that of nobody, too */
  assert_int_equal(emovox_speaker_save(speaker, again, &size), EMOVOX_OK);
  assert_int_equal(emovox_speaker_restore(speaker, again, PROFILE), EMOVOX_OK);
  emovox_speaker_destroy(speaker);
}

/* Makes the checksum fit again after a change. */
static void sign(uint8_t *profile, size_t size) {
  uint64_t hash = fnv1a(profile, size - 8);
  for (size_t i = 0; i < 8; i++)
    profile[size - 8 + i] = (uint8_t)(hash >> 8 * i);
}

static void damaged_profiles_are_refused(void **state) {
  const fixture *f = *state;
  uint8_t profile[PROFILE + 1] = {0}, before[PROFILE], after[PROFILE];
  make_profile(f, profile);
  emovox_speaker *speaker = new_speaker(f);
  assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE), EMOVOX_OK);
  size_t size = PROFILE;
  assert_int_equal(emovox_speaker_save(speaker, before, &size), EMOVOX_OK);
  for (size_t length = 0; length < PROFILE; length++) { /* from a block of that size: the sanitizer watches its end */
    uint8_t *cut = malloc(length + 1);
    memcpy(cut + 1, profile, length);
    assert_int_equal(emovox_speaker_restore(speaker, cut + 1, length), EMOVOX_ERROR_PROFILE);
    free(cut);
  }
  assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE + 1), EMOVOX_ERROR_PROFILE);
  for (size_t i = 0; i < PROFILE; i++)
    for (int bit = 0; bit < 8; bit++) {
      profile[i] ^= (uint8_t)(1 << bit);
      assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE), EMOVOX_ERROR_PROFILE);
      profile[i] ^= (uint8_t)(1 << bit);
    }

  profile[16] ^= 1; /* the fingerprint */
  sign(profile, PROFILE);
  assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE), EMOVOX_ERROR_PROFILE_MODEL);
  profile[16] ^= 1;
  profile[8] = 2; /* the version */
  sign(profile, PROFILE);
  assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE), EMOVOX_ERROR_PROFILE);
  profile[8] = 1;
  for (size_t length = 32; length < PROFILE; length += 8) { /* too short for its components */
    uint8_t *cut = malloc(length);
    memcpy(cut, profile, length);
    sign(cut, length);
    assert_int_equal(emovox_speaker_restore(speaker, cut, length), EMOVOX_ERROR_PROFILE);
    free(cut);
  }
  profile[12] = 10; /* not the model's components, in a size that fits */
  sign(profile, PROFILE - 16);
  assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE - 16), EMOVOX_ERROR_PROFILE);
  assert_int_equal(emovox_speaker_save(speaker, after, &size), EMOVOX_OK);
  assert_memory_equal(after, before, PROFILE); /* nothing of all that has left a trace */
  emovox_speaker_destroy(speaker);
}

/* Each number in turn, with a checksum that fits. Those that are left finite must leave verdicts finite. */
static void impossible_values_are_refused(void **state) {
  const fixture *f = *state;
  uint8_t profile[PROFILE];
  make_profile(f, profile);
  emovox_speaker *speaker = new_speaker(f);
  static const double bad[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300}, odd[] = {-1, 0, 1e-300, 1e-9, 1e5};
  for (size_t at = 24; at < PROFILE - 8; at += 8) {
    uint8_t original[8];
    memcpy(original, profile + at, 8);
    for (size_t i = 0; i < 10; i++) {
      memcpy(profile + at, i < 5 ? &bad[i] : &odd[i - 5], 8);
      sign(profile, PROFILE);
      emovox_status status = emovox_speaker_restore(speaker, profile, PROFILE);
      if (i < 5) assert_int_equal(status, EMOVOX_ERROR_PROFILE);
      if (at < 24 + 4 * 8 && i == 5) assert_int_equal(status, EMOVOX_ERROR_PROFILE); /* negative seconds */
      if (status) continue;
      float zeros[11] = {0}, probabilities[EMOVOX_MAX_LABELS];
      adaptation_judge(&f->model->adaptation, &speaker->sums, zeros, zeros, probabilities);
      double weight = emovox_speaker_weight(speaker);
      assert_true(weight >= 0 && weight <= 1);
      for (int k = 0; k < 8; k++)
        assert_true(probabilities[k] >= 0 && probabilities[k] <= 1);
    }
    memcpy(profile + at, original, 8);
  }
  emovox_speaker_destroy(speaker);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(strangers_become_acquainted),      cmocka_unit_test(enrolling_adapts_at_once),
      cmocka_unit_test(silence_teaches_nothing),          cmocka_unit_test(what_a_cancelled_recording_taught_stays),
      cmocka_unit_test(recordings_are_timed_apart),       cmocka_unit_test(refuses_other_models_and_null),
      cmocka_unit_test(a_profile_brings_everything_back), cmocka_unit_test(damaged_profiles_are_refused),
      cmocka_unit_test(impossible_values_are_refused),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
