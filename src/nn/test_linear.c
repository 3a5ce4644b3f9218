/* SPDX-License-Identifier: MIT */
#include "nn/conv.h"
#include "nn/linear.h"
#include "testing.h"

enum { MAX_ROWS = 9, MAX = 50 };

static void reference(size_t in, size_t out, const float *weight, const float *bias, const float *x, size_t rows,
                      float *y) {
  for (size_t r = 0; r < rows; r++)
    for (size_t o = 0; o < out; o++) {
      double sum = bias ? (double)bias[o] : 0;
      for (size_t i = 0; i < in; i++)
        sum += (double)weight[o * in + i] * (double)x[r * in + i];
      y[r * out + o] = (float)sum;
    }
}

static void equals_definition(void **state) {
  (void)state;
  static const size_t cases[][2] = {{1, 1}, {7, 5}, {48, 33}, {MAX, MAX}};
  static const size_t rows[] = {MAX_ROWS, 1, MAX_ROWS};
  static float weight[MAX * MAX], bias[MAX], x[MAX_ROWS * MAX + NN_PADDING], y[MAX_ROWS * MAX],
      expected[MAX_ROWS * MAX];
  testing_noise(weight, MAX * MAX, 1);
  testing_noise(bias, MAX, 2);
  testing_noise(x, MAX_ROWS * MAX, 3);
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    for (int biased = 0; biased < 2; biased++) {
      size_t in = cases[c][0], out = cases[c][1];
      linear *layer = NULL;
      assert_int_equal(linear_create(in, out, weight, biased ? bias : NULL, &layer), EMOVOX_OK);
      for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        reference(in, out, weight, biased ? bias : NULL, x, rows[r], expected);
        assert_int_equal(linear_run(layer, x, rows[r], y), EMOVOX_OK);
        testing_assert_close(y, expected, rows[r] * out, 1e-5f);
      }
      linear_destroy(layer);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_definition)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
