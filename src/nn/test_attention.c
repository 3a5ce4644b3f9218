/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "nn/attention.h"
#include "testing.h"

enum { CHANNELS = 12, MAX_STEPS = 19 };

/* The definition, in double. */
static void reference(size_t heads, const float *q, const float *k, const float *v, size_t steps, float *out) {
  size_t width = CHANNELS / heads;
  for (size_t head = 0; head < heads; head++)
    for (size_t t = 0; t < steps; t++) {
      double weights[MAX_STEPS], sum = 0, mixed[CHANNELS] = {0};
      for (size_t s = 0; s < steps; s++) {
        weights[s] = 0;
        for (size_t c = head * width; c < (head + 1) * width; c++)
          weights[s] += (double)q[t * CHANNELS + c] * (double)k[s * CHANNELS + c];
        sum += weights[s] = exp(weights[s] / sqrt((double)width));
      }
      for (size_t s = 0; s < steps; s++)
        for (size_t c = 0; c < width; c++)
          mixed[c] += weights[s] / sum * (double)v[s * CHANNELS + head * width + c];
      for (size_t c = 0; c < width; c++)
        out[t * CHANNELS + head * width + c] = (float)mixed[c];
    }
}

static void equals_definition(void **state) {
  (void)state;
  float q[MAX_STEPS * CHANNELS], k[MAX_STEPS * CHANNELS], v[MAX_STEPS * CHANNELS];
  float out[MAX_STEPS * CHANNELS], expected[MAX_STEPS * CHANNELS];
  static const size_t all_heads[] = {1, 3, CHANNELS}, lengths[] = {MAX_STEPS, 1, 7, MAX_STEPS};
  for (size_t h = 0; h < sizeof all_heads / sizeof *all_heads; h++) {
    attention *self = NULL;
    assert_int_equal(attention_create(CHANNELS, all_heads[h], MAX_STEPS, &self), EMOVOX_OK);
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
      size_t count = lengths[l] * CHANNELS;
      testing_noise(q, count, 1);
      testing_noise(k, count, 2);
      testing_noise(v, count, 3);
      for (size_t i = 0; i < count; i++)
        q[i] *= 4; /* far from uniform weights */
      reference(all_heads[h], q, k, v, lengths[l], expected);
      assert_int_equal(attention_run(self, q, k, v, lengths[l], out), EMOVOX_OK);
      testing_assert_close(out, expected, count, 1e-5f);
      assert_int_equal(attention_run(self, q, k, v, lengths[l], q), EMOVOX_OK); /* in place */
      testing_assert_close(q, expected, count, 1e-5f);
    }
    attention_destroy(self);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_definition)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
