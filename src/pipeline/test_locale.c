/* Where a program has chosen a language with a decimal comma, models are read, and JSON is written, all the same.
 * SPDX-License-Identifier: MIT */
#include <cJSON.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "testing.h"

/* The verdict of a model on speech. */
static emovox_summary analyze(const char *path) {
  uint32_t rate;
  array speech = testing_audio(TESTING_SPEECH, &rate);
  emovox_model *model = testing_model(path);
  emovox_config config = emovox_config_default();
  emovox_analyzer *analyzer = NULL;
  emovox_summary summary = {0};
  assert_int_equal(emovox_analyzer_create(model, &config, &analyzer), EMOVOX_OK);
  assert_int_equal(emovox_push(analyzer, speech.data, speech.count), EMOVOX_OK);
  assert_int_equal(emovox_finish(analyzer, &summary), EMOVOX_OK);
  emovox_analyzer_destroy(analyzer);
  emovox_model_destroy(model);
  free(speech.data);
  return summary;
}

static void a_decimal_comma_changes_nothing(void **state) {
  (void)state;
  for (int tiny = 0; tiny <= 1; tiny++) {
    const char *path = tiny ? TESTING_TINY : TESTING_SMALL;
    assert_non_null(setlocale(LC_ALL, "C"));
    emovox_summary expected = analyze(path);
    assert_non_null(setlocale(LC_ALL, "de_DE.UTF-8"));
    emovox_summary actual = analyze(path);
    assert_int_equal(actual.label, expected.label);
    testing_assert_close(actual.probabilities, expected.probabilities, EMOVOX_MAX_LABELS, 0);
    assert_float_equal(actual.intensity, expected.intensity, 0);
  }
}

static void json_has_points(void **state) {
  (void)state;
  assert_non_null(setlocale(LC_ALL, "de_DE.UTF-8"));
  char plain[16];
  snprintf(plain, sizeof plain, "%.2f", -1.25);
  assert_string_equal(plain, "-1,25");
  cJSON *values = cJSON_Parse("[-1.25,2.5e-3]");
  assert_non_null(values);
  char *text = cJSON_PrintUnformatted(values);
  assert_string_equal(text, "[-1.25,0.0025]");
  cJSON_free(text);
  cJSON_Delete(values);
}

int main(void) {
  setenv("LOCPATH", EMOVOX_LOCALES, 1); /* where the build has put de_DE.UTF-8 */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_decimal_comma_changes_nothing),
      cmocka_unit_test(json_has_points),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
