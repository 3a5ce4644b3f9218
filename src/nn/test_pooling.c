/* SPDX-License-Identifier: MIT */
#include "nn/pooling.h"
#include "testing.h"

static void statistics_by_hand(void **state) {
  (void)state;
  const float frames[] = {1, 10, 3, 10, 5, 10}; /* (3, 2) */
  float mean[2], deviation[2];
  pooling_statistics(frames, 3, 2, mean, deviation);
  const float expected_mean[] = {3, 10}, expected_deviation[] = {1.6329932f, 1e-4f};
  testing_assert_close(mean, expected_mean, 2, 1e-6f);
  testing_assert_close(deviation, expected_deviation, 2, 1e-6f);
}

static void attention_by_hand(void **state) {
  (void)state;
  const float frames[] = {1, 0, 0, 1}, weight[] = {0.6931472f, 0}; /* e^score: 2 and 1 */
  float scores[2], out[2];
  pooling_attention(frames, 2, 2, weight, 5, scores, out);
  const float expected[] = {2.0f / 3, 1.0f / 3};
  testing_assert_close(scores, expected, 2, 1e-6f);
  testing_assert_close(out, expected, 2, 1e-6f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(statistics_by_hand), cmocka_unit_test(attention_by_hand)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
