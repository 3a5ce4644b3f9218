/* SPDX-License-Identifier: MIT */
#include "nn/layer_norm.h"
#include "testing.h"

static void equals_definition(void **state) {
  (void)state;
  const float x[] = {1, 2, 3, 6, 5, 5, 5, 5}; /* (2, 4): mean 3 and variance 3.5; a constant step */
  const float weight[] = {1, 2, -1, 0}, bias[] = {0, 1, 2, 3};
  float out[8];
  layer_norm(x, 2, 4, weight, bias, out);
  const float d = 0.53452172f; /* 1 / sqrt(3.5 + 1e-5) */
  const float expected[] = {-2 * d, 1 - 2 * d, 2, 3, 0, 1, 2, 3};
  testing_assert_close(out, expected, 8, 1e-6f);
}

/* A variance of the order of the 1e-5 that is added to it. */
static void quiet_steps_are_not_blown_up(void **state) {
  (void)state;
  const float x[] = {-1e-3f, 1e-3f}, weight[] = {1, 1}, bias[] = {0, 0};
  float out[2];
  layer_norm(x, 1, 2, weight, bias, out);
  const float expected[] = {-0.30151134f, 0.30151134f}; /* 1e-3 / sqrt(1e-6 + 1e-5) */
  testing_assert_close(out, expected, 2, 1e-6f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_definition),
                                     cmocka_unit_test(quiet_steps_are_not_blown_up)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
