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

static void is_written_the_least_significant_byte_first(void **state) {
  (void)state;
  uint8_t bytes[FNV_BYTES];
  fnv_write(0x0102030405060708, bytes);
  assert_memory_equal(bytes, ((const uint8_t[]){8, 7, 6, 5, 4, 3, 2, 1}), FNV_BYTES);
  assert_true(fnv_read(bytes) == 0x0102030405060708);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_the_published_vectors),
      cmocka_unit_test(is_written_the_least_significant_byte_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
