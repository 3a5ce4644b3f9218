/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "features/resample.h"
#include "testing.h"

typedef struct sink {
  float data[70000];
  size_t count;
} sink;

static void collect(const float *samples, size_t n, void *user) {
  sink *s = user;
  for (size_t i = 0; i < n; i++)
    s->data[s->count++] = samples[i];
}

static const double PI = 3.14159265358979323846;

static float tone(size_t i, uint32_t rate) {
  return (float)(0.5 * sin(2 * PI * 1000 * (double)i / rate) + 0.3 * sin(2 * PI * 3100 * (double)i / rate));
}

/* A second of two tones at any rate becomes the same tones at 16 kHz, in place and in level. */
static void keeps_tones(void **state) {
  (void)state;
  static const uint32_t rates[] = {8000, 11025, 12345, 16000, 22050, 32000, 44100, 48000, 96000, 192000};
  static sink out;
  static float in[192000];
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
    for (size_t i = 0; i < rates[r]; i++)
      in[i] = tone(i, rates[r]);
    resampler *self = resampler_create(rates[r], 16000, collect, &out);
    assert_non_null(self);
    out.count = 0;
    resampler_push(self, in, rates[r]);
    resampler_finish(self);
    assert_int_equal(out.count, 16000);
    double error = 0, power = 0;
    for (size_t i = 200; i < 15800; i++) {
      double expected = (double)tone(i, 16000), d = (double)out.data[i] - expected;
      error += d * d;
      power += expected * expected;
    }
    /* speexdsp interpolates its filter table, cubically, at odd ratios like 12345: 50 dB there, 60 elsewhere. */
    assert_true(10 * log10(power / error) > 50);
    resampler_destroy(self);
  }
}

/* What lies above half the output rate must not fold back. */
static void stops_aliases(void **state) {
  (void)state;
  static sink out;
  static float in[48000];
  for (size_t i = 0; i < 48000; i++)
    in[i] = (float)sin(2 * PI * 11000 * (double)i / 48000);
  resampler *self = resampler_create(48000, 16000, collect, &out);
  out.count = 0;
  resampler_push(self, in, 48000);
  resampler_finish(self);
  for (size_t i = 200; i < 15800; i++)
    assert_true(fabsf(out.data[i]) < 1e-3f);
  resampler_destroy(self);
}

static void chunks_do_not_matter(void **state) {
  (void)state;
  static sink whole, parts;
  static float in[44100];
  testing_noise(in, 44100, 1);
  resampler *self = resampler_create(44100, 16000, collect, &whole);
  whole.count = 0;
  resampler_push(self, in, 44100);
  resampler_finish(self);
  resampler_destroy(self);

  self = resampler_create(44100, 16000, collect, &parts);
  for (int round = 0; round < 2; round++) { /* the second after a reset */
    parts.count = 0;
    for (size_t i = 0, n; i < 44100; i += n) {
      n = 1 + i % 997;
      if (n > 44100 - i) n = 44100 - i;
      resampler_push(self, in + i, n);
    }
    resampler_finish(self);
    assert_int_equal(parts.count, whole.count);
    testing_assert_close(parts.data, whole.data, whole.count, 0);
    resampler_reset(self);
  }
  resampler_destroy(self);
}

static void output_length_is_rounded(void **state) {
  (void)state;
  static sink out;
  const float in[3] = {1, 1, 1};
  resampler *self = resampler_create(48000, 16000, collect, &out);
  for (size_t n = 0; n <= 3; n++) {
    out.count = 0;
    resampler_reset(self);
    resampler_push(self, in, n);
    resampler_finish(self);
    assert_int_equal(out.count, n > 1); /* round(n / 3) */
  }
  resampler_destroy(self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_tones),
      cmocka_unit_test(stops_aliases),
      cmocka_unit_test(chunks_do_not_matter),
      cmocka_unit_test(output_length_is_rounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
