/* Every allocation of every create function fails in turn, once or with all that follow: each failure is reported,
 * nothing leaks or crashes, and memory that comes back is used. After create, nothing is allocated at all.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "testing.h"

/* The linker sends every call of malloc and its kin here (CMakeLists.txt: --wrap). */
static long countdown = -1; /* allocations until the one that fails; negative: none fails */
static int lasting;         /* whether all that follow fail, too */
static int failed;          /* whether one has */
static long allocations;

static void fail_from(long n, int from_then_on) {
  countdown = n;
  lasting = from_then_on;
  failed = 0;
}

static int fails(void) {
  allocations++;
  if (countdown < 0 || countdown-- > 0) return 0;
  if (lasting) countdown = 0;
  return failed = 1;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
int __real_posix_memalign(void **out, size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
int __wrap_posix_memalign(void **out, size_t alignment, size_t size);

void *__wrap_malloc(size_t size) {
  return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size) {
  return fails() ? NULL : __real_realloc(block, size);
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t size) {
  return fails() ? ENOMEM : __real_posix_memalign(out, alignment, size);
}

static void models_survive_every_failure(void **state) {
  size_t size;
  uint8_t *bytes = testing_file(*state, &size);
  for (int from_then_on = 0; from_then_on <= 1; from_then_on++) {
    emovox_status status = EMOVOX_ERROR_MEMORY;
    long n = 0;
    for (; status; n++) {
      emovox_model *model = NULL;
      fail_from(n, from_then_on);
      status = emovox_model_create(bytes, size, &model);
      fail_from(-1, 0);
      assert_int_equal(status == EMOVOX_OK, model != NULL);
      /* cJSON does not tell a lack of memory from malformed text. */
      if (status)
        assert_true(status == EMOVOX_ERROR_MEMORY || status == EMOVOX_ERROR_MODEL_HEADER ||
                    status == EMOVOX_ERROR_MODEL_METADATA);
      emovox_model_destroy(model);
    }
    assert_true(n > 10);
  }
  free(bytes);
}

static void analyzers_survive_every_failure(void **state) {
  emovox_model *model = testing_model(*state);
  emovox_config config = emovox_config_default();
  config.sample_rate = 44100;
  for (int from_then_on = 0; from_then_on <= 1; from_then_on++) {
    emovox_status status = EMOVOX_ERROR_MEMORY;
    long n = 0;
    for (; status; n++) {
      emovox_analyzer *analyzer = NULL;
      fail_from(n, from_then_on);
      status = emovox_analyzer_create(model, &config, &analyzer);
      int reached = failed;
      fail_from(-1, 0);
      assert_int_equal(status, reached ? EMOVOX_ERROR_MEMORY : EMOVOX_OK);
      emovox_analyzer_destroy(analyzer);
    }
    assert_true(n > 20);
  }
  emovox_model_destroy(model);
}

static void ignore(const float *frame, size_t bands, void *user) {
  (void)frame, (void)bands, (void)user;
}

static void extractors_survive_every_failure(void **state) {
  (void)state;
  emovox_config config = emovox_config_default();
  config.sample_rate = 44100;
  for (int from_then_on = 0; from_then_on <= 1; from_then_on++) {
    emovox_status status = EMOVOX_ERROR_MEMORY;
    long n = 0;
    for (; status; n++) {
      emovox_features *features = NULL;
      fail_from(n, from_then_on);
      status = emovox_features_create(&config, ignore, &features);
      int reached = failed;
      fail_from(-1, 0);
      assert_int_equal(status, reached ? EMOVOX_ERROR_MEMORY : EMOVOX_OK);
      emovox_features_destroy(features);
    }
    assert_true(n > 5);
  }
}

static void speakers_survive_every_failure(void **state) {
  emovox_model *model = testing_model(*state);
  emovox_speaker *speaker = NULL;
  fail_from(0, 0);
  assert_int_equal(emovox_speaker_create(model, &speaker), EMOVOX_ERROR_MEMORY);
  assert_null(speaker);
  allocations = 0;
  assert_int_equal(emovox_speaker_create(model, &speaker), EMOVOX_OK);
  assert_int_equal(allocations, 1); /* there is no other to fail */
  emovox_speaker_destroy(speaker);
  emovox_model_destroy(model);
}

static void analysis_allocates_nothing(void **state) {
  emovox_model *model = testing_model(*state);
  uint32_t rate;
  array speech = testing_audio(TESTING_SPEECH, &rate);
  emovox_config config = emovox_config_default();
  config.sample_rate = 11025;
  emovox_analyzer *analyzer = NULL;
  assert_int_equal(emovox_speaker_create(model, &config.speaker), EMOVOX_OK);
  assert_int_equal(emovox_analyzer_create(model, &config, &analyzer), EMOVOX_OK);
  emovox_summary summary;
  uint8_t profile[4096];
  size_t size = sizeof profile;
  allocations = 0;
  for (size_t length = speech.count; length > 8000; length /= 2) {
    emovox_analyzer_reset(analyzer);
    assert_int_equal(emovox_push(analyzer, speech.data, length), EMOVOX_OK);
    assert_int_equal(emovox_finish(analyzer, &summary), EMOVOX_OK);
  }
  assert_int_equal(emovox_speaker_save(config.speaker, profile, &size), EMOVOX_OK);
  assert_int_equal(emovox_speaker_restore(config.speaker, profile, size), EMOVOX_OK);
  assert_int_equal(allocations, 0);
  emovox_analyzer_destroy(analyzer);
  emovox_speaker_destroy(config.speaker);
  free(speech.data);
  emovox_model_destroy(model);
}

int main(void) {
  static char *models[] = {TESTING_SMALL, TESTING_TINY};
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_prestate(models_survive_every_failure, models[0]),
      cmocka_unit_test_prestate(models_survive_every_failure, models[1]),
      cmocka_unit_test_prestate(analyzers_survive_every_failure, models[0]),
      cmocka_unit_test_prestate(analyzers_survive_every_failure, models[1]),
      cmocka_unit_test(extractors_survive_every_failure),
      cmocka_unit_test_prestate(speakers_survive_every_failure, models[0]),
      cmocka_unit_test_prestate(analysis_allocates_nothing, models[0]),
      cmocka_unit_test_prestate(analysis_allocates_nothing, models[1]),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
