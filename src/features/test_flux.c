/* SPDX-License-Identifier: MIT */
#include "features/flux.h"

#include <math.h>

#include "testing.h"

static void is_the_mean_of_the_greatest_changes(void **state) {
  (void)state;
  const float frames[] = {0, 0, 1, -2, 1, -2, 4, -3}; /* (4, 2): changes of 2, 0 and 3 */
  assert_float_equal(flux(frames, 4, 2, 0), 5.0 / 3, 1e-6);
  assert_float_equal(flux(frames, 4, 2, 1), 0, 0);
}

static void says_nothing_of_too_few_frames(void **state) {
  (void)state;
  const float frames[4] = {0};
  assert_true(isinf(flux(frames, 0, 1, 0)));
  assert_true(isinf(flux(frames, 1, 1, 0)));
  assert_true(isinf(flux(frames, 4, 1, 2)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_the_mean_of_the_greatest_changes),
      cmocka_unit_test(says_nothing_of_too_few_frames),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
