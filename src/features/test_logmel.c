/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "features/logmel.h"
#include "features/normalize.h"
#include "testing.h"

enum { BANDS = 80 };

typedef struct sink {
  float *data;
  size_t count, capacity;
} sink;

static void collect(const float *frame, size_t bands, void *user) {
  sink *s = user;
  assert_int_equal(bands, BANDS);
  assert_true(s->count < s->capacity);
  for (size_t i = 0; i < bands; i++)
    s->data[s->count * bands + i] = frame[i];
  s->count++;
}

static sink logmel_of(const float *samples, size_t n, size_t chunk) {
  sink out = {.capacity = 1 + n / 160};
  out.data = malloc(out.capacity * BANDS * sizeof(float));
  logmel_params params = logmel_params_default();
  logmel *self = logmel_create(&params, collect, &out);
  assert_non_null(self);
  for (size_t i = 0; i < n; i += chunk)
    logmel_push(self, samples + i, chunk < n - i ? chunk : n - i);
  logmel_finish(self);
  logmel_destroy(self);
  assert_int_equal(out.count, out.capacity);
  return out;
}

/* librosa's own output for a real clip, computed in double: model/train/golden.py. */
static void equals_librosa(void **state) {
  (void)state;
  uint32_t rate;
  array audio = testing_audio(TESTING_SPEECH, &rate), expected = testing_npy("tests/data/golden/logmel.npy");
  assert_int_equal(rate, 16000);
  sink out = logmel_of(audio.data, audio.count, audio.count);
  assert_int_equal(expected.shape[0], out.count);
  assert_int_equal(expected.shape[1], BANDS);
  testing_assert_close(out.data, expected.data, expected.count, 1e-4f);
  free(out.data);
  free(expected.data);
  free(audio.data);
}

static void chunks_do_not_matter(void **state) {
  (void)state;
  static float noise[5000];
  testing_noise(noise, 5000, 9);
  for (size_t n = 4990; n <= 5000; n++) {
    sink whole = logmel_of(noise, n, n);
    static const size_t chunks[] = {1, 160, 399, 400, 401};
    for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++) {
      sink parts = logmel_of(noise, n, chunks[c]);
      testing_assert_close(parts.data, whole.data, whole.count * BANDS, 0);
      free(parts.data);
    }
    free(whole.data);
  }
}

/* From full scale to -80 dBFS the normalised features stay the same. */
static void level_does_not_matter(void **state) {
  (void)state;
  const normalize_params params = {8, 0.25f, 1.375f};
  uint32_t rate;
  array audio = testing_audio(TESTING_SPEECH, &rate);
  sink loud = logmel_of(audio.data, audio.count, audio.count);
  size_t n = loud.count * BANDS;
  normalize(&params, loud.data, n, loud.data);
  for (float gain = 0.1f; gain > 0.9e-3f; gain *= 0.1f) {
    for (size_t i = 0; i < audio.count; i++)
      audio.data[i] *= 0.1f;
    sink quiet = logmel_of(audio.data, audio.count, audio.count);
    normalize(&params, quiet.data, n, quiet.data);
    testing_assert_close(quiet.data, loud.data, n, 1e-4f);
    free(quiet.data);
  }
  free(loud.data);
  free(audio.data);
}

static void normalizes_by_hand(void **state) {
  (void)state;
  const normalize_params params = {8, 0.25f, 1.375f};
  float x[] = {-1, -3, -20};
  assert_float_equal(normalize(&params, x, 3, x), -1, 0);
  const float expected[] = {1.375f, 0.875f, -0.625f};
  testing_assert_close(x, expected, 3, 0);
}

static void checks_parameters(void **state) {
  (void)state;
  logmel_params good = logmel_params_default(), bad;
  assert_true(logmel_params_valid(&good));
#define BAD(field, value) (bad = good, bad.field = value, assert_false(logmel_params_valid(&bad)))
  BAD(n_fft, 401);
  BAD(n_fft, 8192);
  BAD(hop, 0);
  BAD(hop, 401);
  BAD(n_mels, 0);
  BAD(n_mels, 1000);
  BAD(f_max, 8001);
  BAD(f_min, 8000);
  BAD(log_floor, 0);
  BAD(sample_rate, 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_librosa),     cmocka_unit_test(chunks_do_not_matter),
      cmocka_unit_test(normalizes_by_hand), cmocka_unit_test(level_does_not_matter),
      cmocka_unit_test(checks_parameters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
