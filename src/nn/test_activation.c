/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "nn/activation.h"
#include "testing.h"

enum { OPEN = 100, SHUT = -100 }; /* gates that let everything or nothing through */

/* An empty cell takes in tanh(x) through an open gate, or 1 through a gate at x. */
static float lstm_tanh(float x) {
  const float gates[4] = {OPEN, SHUT, x, OPEN};
  float cell = 0, hidden;
  activation_lstm(gates, &cell, &hidden, 1);
  return cell;
}

static float lstm_sigmoid(float x) {
  const float gates[4] = {x, SHUT, OPEN, OPEN};
  float cell = 0, hidden;
  activation_lstm(gates, &cell, &hidden, 1);
  return cell;
}

static void follows_libm(void **state) {
  (void)state;
  for (double x = -20; x <= 20; x += 1.0 / 512) {
    assert_true(fabs((double)lstm_tanh((float)x) - tanh(x)) < 1e-6);
    assert_true(fabs((double)lstm_sigmoid((float)x) - 1 / (1 + exp(-x))) < 1e-6);
    float y = (float)x;
    activation_gelu(&y, 1);
    assert_true(fabs((double)y - x * 0.5 * (1 + erf(x / sqrt(2)))) < 4e-6);
  }
}

static void saturates(void **state) {
  (void)state;
  float huge = 1e30f, tiny = -1e30f;
  assert_true(lstm_tanh(huge) <= 1.000001f && lstm_tanh(huge) > 0.999999f);
  assert_true(fabsf(lstm_sigmoid(tiny)) < 1e-6f);
  activation_gelu(&huge, 1);
  assert_true(huge > 0.99e30f);
}

static void updates_lstm_cells(void **state) {
  (void)state;
  const float gates[4] = {0.3f, -0.2f, 0.7f, 1.1f};
  float cell = 0.5f, hidden = 0;
  activation_lstm(gates, &cell, &hidden, 1);
  double c = 0.5 / (1 + exp(0.2)) + tanh(0.7) / (1 + exp(-0.3));
  assert_true(fabs((double)cell - c) < 1e-6);
  assert_true(fabs((double)hidden - tanh(c) / (1 + exp(-1.1))) < 1e-6);
}

static void softmax_sums_to_one(void **state) {
  (void)state;
  float x[3] = {1000, 1001, -1000};
  activation_softmax(x, 3);
  const float expected[3] = {0.26894142f, 0.73105858f, 0};
  testing_assert_close(x, expected, 3, 1e-6f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(follows_libm),
      cmocka_unit_test(saturates),
      cmocka_unit_test(updates_lstm_cells),
      cmocka_unit_test(softmax_sums_to_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
