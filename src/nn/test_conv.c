/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "nn/conv.h"
#include "testing.h"

/* The definition, as PyTorch's conv1d. */
static void reference(const conv_params *p, const float *weight, const float *bias, const float *in, size_t steps,
                      float *out) {
  for (size_t t = 0; t < conv_steps(p, steps); t++)
    for (size_t o = 0; o < p->out; o++) {
      double sum = (double)bias[o];
      for (size_t k = 0; k < p->kernel; k++) {
        size_t s = t * p->stride + k; /* shifted by the padding */
        if (s < p->kernel / 2 || s - p->kernel / 2 >= steps) continue;
        for (size_t i = 0; i < p->in; i++)
          sum += (double)weight[(o * p->in + i) * p->kernel + k] * (double)in[(s - p->kernel / 2) * p->in + i];
      }
      out[t * p->out + o] = (float)sum;
    }
}

static void equals_definition(void **state) {
  (void)state;
  enum { MAX_STEPS = 97, MAX = 64 };
  static const conv_params cases[] = {{5, 7, 3, 1}, {16, 24, 3, 2}, {8, 4, 5, 2}, {3, 9, 1, 1}, {1, 1, 3, 3}};
  static int8_t integers[MAX * MAX * 5];
  static float weight[MAX * MAX * 5], scale[MAX], bias[MAX], in[MAX_STEPS * MAX], out[MAX_STEPS * MAX],
      expected[MAX_STEPS * MAX];
  testing_noise(bias, MAX, 3);
  for (size_t o = 0; o < MAX; o++)
    scale[o] = 1 / (100.0f + (float)o);
  for (size_t c = 0; c < 2 * sizeof cases / sizeof *cases; c++) {
    const conv_params *p = &cases[c / 2];
    weights w = {NULL, weight};
    testing_noise(weight, sizeof weight / sizeof *weight, 2);
    testing_noise(in, MAX_STEPS * MAX, 4);
    if (c % 2) { /* integers, and inputs that lose nothing when they are rounded (test_linear.c) */
      if (p->in == 1) continue;
      w = (weights){integers, scale};
      for (size_t i = 0; i < p->out * p->in * p->kernel; i++) {
        integers[i] = (int8_t)(127 * weight[i]);
        weight[i] = scale[i / (p->in * p->kernel)] * integers[i];
      }
      for (size_t i = 0; i < MAX_STEPS * p->in; i++)
        in[i] = i % p->in == 0 ? -1 : i % p->in == 1 ? 127.0f / 128 : floorf(127 * in[i]) / 128;
    }
    conv *layer = NULL;
    assert_int_equal(conv_create(p, &w, bias, &layer), EMOVOX_OK);
    /* Long, then short, then long again: nothing is left behind. */
    static const size_t lengths[] = {MAX_STEPS, 1, 2, 20, 64, MAX_STEPS};
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
      reference(p, weight, bias, in, lengths[l], expected);
      assert_int_equal(conv_run(layer, in, lengths[l], out), EMOVOX_OK);
      testing_assert_close(out, expected, conv_steps(p, lengths[l]) * p->out, 1e-4f);
    }
    conv_destroy(layer);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_definition)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
