/* Adaptation against PyTorch (model/train/golden.py, Speaker), and against what can be worked out by hand: two labels
 * with three components.
 * SPDX-License-Identifier: MIT */
#include "pipeline/adaptation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "nn/activation.h"
#include "pipeline/model.h"
#include "testing.h"

static const adaptation BY_HAND = {.mixture = {.labels = 2, .components = 3, .label = {0, 1, 1}},
                                   .prior_seconds = 6,
                                   .within = 1,
                                   .between = 2,
                                   .bias = {0.1f, 0, -0.2f},
                                   .ordinary = {1, 0, 0}};
static const float LOGITS[] = {0.3f, -1, 2}, U[] = {4, 1, -1};

static array session(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "tests/data/golden/speaker_%s.npy", name);
  return testing_npy(path);
}

static void a_session_equals_pytorch(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_TINY);
  const adaptation *self = &model->adaptation;
  array seconds = session("seconds"), enrolled = session("enrolled"), components = session("components"),
        adapted = session("adapted"), logits = session("logits"), weight = session("weight");
  adaptation_sums sums = {0};
  for (size_t i = 0; i < seconds.count; i++) {
    const float *u = adapted.data + i * adapted.shape[1];
    float probabilities[EMOVOX_MAX_LABELS], *expected = logits.data + i * logits.shape[1];
    activation_softmax(expected, logits.shape[1]);
    assert_float_equal(adaptation_weight(self, &sums), weight.data[i], 1e-6);
    adaptation_judge(self, &sums, components.data + i * components.shape[1], u, probabilities);
    testing_assert_close(probabilities, expected, logits.shape[1], 1e-6f);
    (enrolled.data[i] > 0 ? adaptation_enroll : adaptation_hear)(self, &sums, u, (double)seconds.data[i]);
  }
  const array all[] = {seconds, enrolled, components, adapted, logits, weight};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    free(all[i].data);
  emovox_model_destroy(model);
}

static void nobody_and_one_segment_change_nothing(void **state) {
  (void)state;
  float expected[2], probabilities[2];
  adaptation_sums sums = {0};
  adaptation_judge(&BY_HAND, NULL, LOGITS, U, expected);
  double odds = log((exp(-1) + exp(2)) / exp(0.3)); /* of label 1 */
  assert_float_equal(expected[1], (1 / (1 + exp(-odds))), 1e-6);
  for (int i = 0; i < 2; i++) {
    adaptation_judge(&BY_HAND, &sums, LOGITS, U, probabilities);
    testing_assert_close(probabilities, expected, 2, 0);
    adaptation_hear(&BY_HAND, &sums, U, 4); /* alone, it says nothing about variety */
  }
  assert_float_equal(adaptation_weight(&BY_HAND, &sums), 0, 0);
}

static void speech_counts_as_far_as_it_is_diverse(void **state) {
  (void)state;
  adaptation_sums sums = {0};
  adaptation_hear(&BY_HAND, &sums, (const float[]){0, 1, 0}, 3);
  adaptation_hear(&BY_HAND, &sums, (const float[]){2, 1, 2}, 3);
  /* unbiased variance 4, less 1, is above 2 */
  assert_float_equal(adaptation_weight(&BY_HAND, &sums), 6.0 / 12, 1e-12);
  adaptation_hear(&BY_HAND, &sums, (const float[]){0.5f, 1, 0.5f}, 3);
  adaptation_hear(&BY_HAND, &sums, (const float[]){1.5f, 1, 1.5f}, 3);
  double known = 12 * (2 * 0.625 * 4 / 3 - 1) / 2;
  assert_float_equal(adaptation_weight(&BY_HAND, &sums), (known / (known + 6)), 1e-12);

  adaptation_sums same = {0};
  for (int i = 0; i < 1000; i++)
    adaptation_hear(&BY_HAND, &same, U, 1);
  assert_float_equal(adaptation_weight(&BY_HAND, &same), 0, 0); /* an hour in one emotion */
}

static void enrolled_speech_counts_in_full_and_moves_the_origin(void **state) {
  (void)state;
  adaptation_sums sums = {0};
  float probabilities[2];
  adaptation_enroll(&BY_HAND, &sums, U, 6);
  assert_float_equal(adaptation_weight(&BY_HAND, &sums), 0.5, 1e-12);
  adaptation_judge(&BY_HAND, &sums, LOGITS, U, probabilities);
  /* What was enrolled is where ordinary speech of training is: u - usual is `ordinary`, (1, 0, 0). */
  double stranger = log((exp(-1) + exp(2)) / exp(0.3)), known = log((exp(0) + exp(-0.2)) / exp(1.1));
  assert_float_equal(probabilities[1], (1 / (1 + exp(-(stranger + known) / 2))), 1e-6);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_session_equals_pytorch),
      cmocka_unit_test(nobody_and_one_segment_change_nothing),
      cmocka_unit_test(speech_counts_as_far_as_it_is_diverse),
      cmocka_unit_test(enrolled_speech_counts_in_full_and_moves_the_origin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
