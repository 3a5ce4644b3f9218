/* SPDX-License-Identifier: MIT */
#include "nn/linear.h"
#include "nn/matmul.h"
#include "testing.h"

enum { MAX = 40 };

static void reference(const float *a, const float *b, int transposed, size_t m, size_t k, size_t n, float *out) {
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < n; j++) {
      double sum = 0;
      for (size_t l = 0; l < k; l++)
        sum += (double)a[i * k + l] * (double)(transposed ? b[j * k + l] : b[l * n + j]);
      out[i * n + j] = (float)sum;
    }
}

static void equals_definition(void **state) {
  (void)state;
  /* Large, then small, then large again: nothing of a larger product is left in a smaller one. */
  static const size_t cases[][3] = {{MAX, MAX, MAX}, {1, 1, 1}, {3, 17, 5}, {17, 3, 39}, {MAX, MAX, MAX}};
  static float a[MAX * MAX + NN_PADDING], b[MAX * MAX + NN_PADDING], out[MAX * MAX], expected[MAX * MAX];
  testing_noise(a, MAX * MAX, 1);
  testing_noise(b, MAX * MAX, 2);
  for (int transposed = 0; transposed < 2; transposed++) {
    matmul *self = NULL;
    assert_int_equal(matmul_create(MAX, MAX, transposed, &self), EMOVOX_OK);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
      size_t m = cases[c][0], k = cases[c][1], n = cases[c][2];
      reference(a, b, transposed, m, k, n, expected);
      assert_int_equal(matmul_run(self, a, b, m, k, n, out), EMOVOX_OK);
      testing_assert_close(out, expected, m * n, 1e-5f);
    }
    matmul_destroy(self);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_definition)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
