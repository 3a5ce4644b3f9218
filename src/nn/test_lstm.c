/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "nn/lstm.h"
#include "testing.h"

enum { IN = 6, HIDDEN = 7, STEPS = 23, STRIDE = 2 * HIDDEN }; /* 7: not a multiple of the unrolling */

static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}

/* The definition, in double, as PyTorch's LSTM. */
static void reference(int backward, const float *wi, const float *wr, const float *b, const float *in, size_t steps,
                      float *out) {
  double h[HIDDEN] = {0}, c[HIDDEN] = {0};
  for (size_t i = 0; i < steps; i++) {
    size_t t = backward ? steps - 1 - i : i;
    double gates[4 * HIDDEN];
    for (size_t g = 0; g < 4 * HIDDEN; g++) {
      gates[g] = (double)b[g];
      for (size_t k = 0; k < IN; k++)
        gates[g] += (double)wi[g * IN + k] * (double)in[t * IN + k];
      for (size_t k = 0; k < HIDDEN; k++)
        gates[g] += (double)wr[g * HIDDEN + k] * h[k];
    }
    for (size_t j = 0; j < HIDDEN; j++) {
      c[j] = sigmoid(gates[HIDDEN + j]) * c[j] + sigmoid(gates[j]) * tanh(gates[2 * HIDDEN + j]);
      h[j] = sigmoid(gates[3 * HIDDEN + j]) * tanh(c[j]);
      out[t * STRIDE + j] = (float)h[j];
    }
  }
}

static void equals_definition(void **state) {
  (void)state;
  static float wi[4 * HIDDEN * IN], wr[4 * HIDDEN * HIDDEN], b[4 * HIDDEN], in[STEPS * IN + NN_PADDING];
  testing_noise(wi, 4 * HIDDEN * IN, 5);
  testing_noise(wr, 4 * HIDDEN * HIDDEN, 6);
  testing_noise(b, 4 * HIDDEN, 7);
  testing_noise(in, STEPS * IN, 8);
  for (int backward = 0; backward < 2; backward++) {
    const lstm_params params = {IN, HIDDEN, backward};
    lstm *layer = NULL;
    assert_int_equal(lstm_create(&params, STEPS, &(weights){NULL, wi}, wr, b, &layer), EMOVOX_OK);
    static const size_t lengths[] = {STEPS, 1, STEPS}; /* state must not leak from run to run */
    for (size_t l = 0; l < 3; l++) {
      float out[STEPS * STRIDE] = {0}, expected[STEPS * STRIDE] = {0};
      reference(backward, wi, wr, b, in, lengths[l], expected);
      assert_int_equal(lstm_run(layer, in, lengths[l], out, STRIDE), EMOVOX_OK);
      testing_assert_close(out, expected, STEPS * STRIDE, 1e-5f);
    }
    lstm_destroy(layer);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_definition)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
