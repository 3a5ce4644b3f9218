/* Mixtures worked out by hand.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "nn/mixture.h"
#include "testing.h"

static void probabilities_of_components_add_up(void **state) {
  (void)state;
  const mixture self = {.labels = 2, .components = 3, .label = {0, 1, 1}};
  const double weights[] = {0.2, 0.5, 0.3};
  double logits[3], out[2];
  for (int c = 0; c < 3; c++)
    logits[c] = log(weights[c]) + 7; /* the level does not matter */
  mixture_log_probabilities(&self, logits, out);
  assert_float_equal(exp(out[0]), 0.2, 1e-12);
  assert_float_equal(exp(out[1]), 0.8, 1e-12);
}

static void one_component_per_label_is_softmax(void **state) {
  (void)state;
  const mixture self = {.labels = 3, .components = 3, .label = {2, 0, 1}}; /* in any order */
  const double logits[] = {1, 0, -1};
  double out[3], sum = exp(1) + 1 + exp(-1);
  mixture_log_probabilities(&self, logits, out);
  assert_float_equal(exp(out[2]), (exp(1) / sum), 1e-12);
  assert_float_equal(exp(out[0]), (1 / sum), 1e-12);
  assert_float_equal(exp(out[1]), (exp(-1) / sum), 1e-12);
}

static void large_logits_do_not_overflow(void **state) {
  (void)state;
  const mixture self = {.labels = 2, .components = 3, .label = {0, 0, 1}};
  const double logits[] = {5000, 5000, -5000};
  double out[2];
  mixture_log_probabilities(&self, logits, out);
  assert_true(isfinite(out[0]) && isfinite(out[1])); /* which assert_float_equal would not notice */
  assert_float_equal(out[0], 0, 1e-12);
  assert_float_equal(out[1], (-10000 - log(2)), 1e-9);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(probabilities_of_components_add_up),
                                     cmocka_unit_test(one_component_per_label_is_softmax),
                                     cmocka_unit_test(large_logits_do_not_overflow)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
