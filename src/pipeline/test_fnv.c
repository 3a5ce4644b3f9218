/* Published test vectors of FNV-1a.
 * SPDX-License-Identifier: MIT */
#include "pipeline/fnv.h"
#include "testing.h"

static void equals_the_published_vectors(void **state) {
  (void)state;
  assert_true(fnv1a((const uint8_t *)"", 0) == 0xcbf29ce484222325);
  assert_true(fnv1a((const uint8_t *)"a", 1) == 0xaf63dc4c8601ec8c);
  assert_true(fnv1a((const uint8_t *)"foobar", 6) == 0x85944171f73967e8);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_the_published_vectors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
