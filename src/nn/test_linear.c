/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "nn/linear.h"
#include "testing.h"

enum { MAX_ROWS = 2 * LINEAR_ROWS + 3, MAX = 50 };

static int8_t integers[MAX * MAX];
static float scale[MAX], weight[MAX * MAX], bias[MAX], x[MAX_ROWS * MAX + NN_PADDING], y[MAX_ROWS * MAX],
    expected[MAX_ROWS * MAX];

static void reference(size_t in, size_t out, const float *b, size_t rows) {
  for (size_t r = 0; r < rows; r++)
    for (size_t o = 0; o < out; o++) {
      double sum = b ? (double)b[o] : 0;
      for (size_t i = 0; i < in; i++)
        sum += (double)weight[o * in + i] * (double)x[r * in + i];
      expected[r * out + o] = (float)sum;
    }
}

static int fill(void **state) {
  (void)state;
  testing_noise(weight, MAX * MAX, 1);
  testing_noise(bias, MAX, 2);
  testing_noise(x, MAX_ROWS * MAX, 3);
  testing_noise(scale, MAX, 4);
  return 0;
}

/* Makes the weights integers, and `weight` what they stand for. */
static weights as_integers(size_t in, size_t out) {
  for (size_t i = 0; i < out * in; i++) {
    float unit = 1e-3f + fabsf(scale[i / in]) / 127;
    integers[i] = (int8_t)(127 * weight[i]);
    weight[i] = unit * integers[i];
  }
  for (size_t o = 0; o < out; o++)
    scale[o] = 1e-3f + fabsf(scale[o]) / 127;
  return (weights){integers, scale};
}

static void assert_runs(linear *layer, size_t in, size_t out, const float *b, float tolerance) {
  static const size_t rows[] = {MAX_ROWS, 1, LINEAR_ROWS, MAX_ROWS};
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    reference(in, out, b, rows[r]);
    assert_int_equal(linear_run(layer, x, rows[r], y), EMOVOX_OK);
    testing_assert_close(y, expected, rows[r] * out, tolerance);
  }
}

static const size_t cases[][2] = {{1, 1}, {7, 5}, {48, 33}, {MAX, MAX}};

static void floats_equal_definition(void **state) {
  (void)state;
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    for (int biased = 0; biased < 2; biased++) {
      size_t in = cases[c][0], out = cases[c][1];
      linear *layer = NULL;
      weights w = {NULL, weight};
      assert_int_equal(linear_create(in, out, &w, biased ? bias : NULL, &layer), EMOVOX_OK);
      assert_runs(layer, in, out, biased ? bias : NULL, 1e-5f);
      linear_destroy(layer);
    }
}

/* Inputs that are multiples of the step, (b - a) / 255, lose nothing. */
static void integers_equal_definition(void **state) {
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    for (int biased = 0; biased < 2; biased++) {
      size_t in = cases[c][0], out = cases[c][1];
      fill(state);
      for (size_t i = 0; i < MAX_ROWS * in; i++)
        x[i] = i % in == 0 ? -1 : i % in == 1 ? 127.0f / 128 : floorf(127 * x[i]) / 128;
      for (size_t i = 0; i < in; i++)
        x[2 * in + i] = 0; /* a row of zeros: a step of any size will do */
      linear *layer = NULL;
      weights w = as_integers(in, out);
      assert_int_equal(linear_create(in, out, &w, biased ? bias : NULL, &layer), EMOVOX_OK);
      assert_runs(layer, in, out, biased ? bias : NULL, 1e-5f);
      linear_destroy(layer);
    }
}

/* Others are off by a step at most: half of it, and as much again at the ends, where zero must stay zero. */
static void rounds_to_8_bits(void **state) {
  fill(state);
  weights w = as_integers(MAX, MAX);
  float most = 0;
  for (size_t o = 0; o < MAX; o++) {
    float sum = 0;
    for (size_t i = 0; i < MAX; i++)
      sum += fabsf(weight[o * MAX + i]);
    most = fmaxf(most, sum);
  }
  linear *layer = NULL;
  assert_int_equal(linear_create(MAX, MAX, &w, bias, &layer), EMOVOX_OK);
  assert_runs(layer, MAX, MAX, bias, most * 2 / 255);
  for (size_t i = 0; i < MAX_ROWS * MAX; i++) /* each row at a scale of its own, some of one sign */
    x[i] = ldexpf(i / MAX % 3 ? x[i] : fabsf(x[i]), -(int)(i / MAX));
  reference(MAX, MAX, bias, MAX_ROWS);
  assert_int_equal(linear_run(layer, x, MAX_ROWS, y), EMOVOX_OK);
  for (int r = 0; r < MAX_ROWS; r++)
    testing_assert_close(y + r * MAX, expected + r * MAX, MAX, ldexpf(most * 2 / 255, -r) + 1e-5f);
  linear_destroy(layer);
}

static void many_share_an_input(void **state) {
  fill(state);
  linear *layers[3];
  static float each[3][MAX_ROWS * MAX];
  float *const outputs[] = {each[0], each[1], each[2]};
  weights w = {NULL, weight};
  assert_int_equal(linear_create(MAX, MAX, &w, bias, &layers[1]), EMOVOX_OK);
  w = as_integers(MAX, MAX);
  assert_int_equal(linear_create(MAX, MAX, &w, bias, &layers[0]), EMOVOX_OK);
  assert_int_equal(linear_create(MAX, MAX - 1, &w, NULL, &layers[2]), EMOVOX_OK);
  assert_int_equal(linear_run_all(layers, 3, x, MAX_ROWS, outputs), EMOVOX_OK);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(linear_run(layers[i], x, MAX_ROWS, y), EMOVOX_OK);
    testing_assert_close(each[i], y, MAX_ROWS * (i < 2 ? MAX : MAX - 1), 0);
    linear_destroy(layers[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup(floats_equal_definition, fill),
                                     cmocka_unit_test(integers_equal_definition), cmocka_unit_test(rounds_to_8_bits),
                                     cmocka_unit_test(many_share_an_input)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
