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

/* Runs `attempt`, which creates and destroys something, until no allocation is left to fail. `more_than`: how many
 * there are at least. `vague`: a failure may also be called a malformed header or malformed metadata. */
static void survives(emovox_status (*attempt)(void *), void *user, long more_than, int vague) {
  for (int from_then_on = 0; from_then_on <= 1; from_then_on++) {
    long n = 0;
    for (int reached = 1; reached; n++) {
      fail_from(n, from_then_on);
      emovox_status status = attempt(user);
      reached = failed;
      fail_from(-1, 0);
      assert_int_equal(status == EMOVOX_OK, !reached);
      if (reached && status != EMOVOX_ERROR_MEMORY)
        assert_true(vague && (status == EMOVOX_ERROR_MODEL_HEADER || status == EMOVOX_ERROR_MODEL_METADATA));
    }
    assert_true(n > more_than);
  }
}

typedef struct model_file {
  uint8_t *bytes;
  size_t size;
} model_file;

static emovox_status create_model(void *user) {
  const model_file *file = user;
  emovox_model *model = NULL;
  emovox_status status = emovox_model_create(file->bytes, file->size, &model);
  assert_int_equal(status == EMOVOX_OK, model != NULL);
  emovox_model_destroy(model);
  return status;
}

static void models_survive_every_failure(void **state) {
  model_file file;
  file.bytes = testing_file(*state, &file.size);
  survives(create_model, &file, 10, 1); /* cJSON does not tell a lack of memory from malformed text */
  free(file.bytes);
}

static emovox_config resampled(void) {
  emovox_config config = emovox_config_default();
  config.sample_rate = 44100;
  return config;
}

static emovox_status create_analyzer(void *user) {
  emovox_config config = resampled();
  emovox_analyzer *analyzer = NULL;
  emovox_status status = emovox_analyzer_create(user, &config, &analyzer);
  emovox_analyzer_destroy(analyzer);
  return status;
}

static void analyzers_survive_every_failure(void **state) {
  emovox_model *model = testing_model(*state);
  survives(create_analyzer, model, 20, 0);
  emovox_model_destroy(model);
}

static void ignore(const float *frame, size_t bands, void *user) {
  (void)frame, (void)bands, (void)user;
}

static emovox_status create_extractor(void *user) {
  (void)user;
  emovox_config config = resampled();
  emovox_features *features = NULL;
  emovox_status status = emovox_features_create(&config, ignore, &features);
  emovox_features_destroy(features);
  return status;
}

static void extractors_survive_every_failure(void **state) {
  (void)state;
  survives(create_extractor, NULL, 5, 0);
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

static void keep(const emovox_segment *segment, void *user) {
  *(emovox_segment *)user = *segment;
}

static void analysis_allocates_nothing(void **state) {
  emovox_model *model = testing_model(*state);
  uint32_t rate;
  array speech = testing_audio(TESTING_SPEECH, &rate);
  emovox_config config = emovox_config_default();
  config.sample_rate = 11025;
  emovox_analyzer *analyzer = NULL;
  emovox_segment kept = {0};
  config.on_segment = keep;
  config.user = &kept;
  assert_int_equal(emovox_speaker_create(model, &config.judging.speaker), EMOVOX_OK);
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
  for (int i = 0; i < 1000; i++) /* more than a speaker keeps */
    assert_int_equal(emovox_speaker_hear(config.judging.speaker, &kept, 1, 0), EMOVOX_OK);
  assert_int_equal(emovox_judge(model, &config.judging, &kept, 1), EMOVOX_OK);
  assert_int_equal(emovox_summarize(model, &kept, 1, kept.end, &summary), EMOVOX_OK);
  assert_int_equal(emovox_speaker_save(config.judging.speaker, profile, &size), EMOVOX_OK);
  assert_int_equal(emovox_speaker_restore(config.judging.speaker, profile, size), EMOVOX_OK);
  assert_int_equal(allocations, 0);
  emovox_analyzer_destroy(analyzer);
  emovox_speaker_destroy(config.judging.speaker);
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
