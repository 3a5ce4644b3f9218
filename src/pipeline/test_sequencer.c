/* SPDX-License-Identifier: MIT */
#include "pipeline/sequencer.h"
#include "testing.h"

typedef struct log {
  size_t count;
  uint64_t first[64];
  size_t length[64];
} log;

/* Frame i holds (i, -i): each sequence must hold its frames in order. */
static void on_sequence(const float *frames, size_t count, uint64_t first, void *user) {
  log *l = user;
  for (size_t i = 0; i < count; i++) {
    assert_true(frames[2 * i] == (float)(first + i));
    assert_true(frames[2 * i + 1] == -(float)(first + i));
  }
  l->first[l->count] = first;
  l->length[l->count++] = count;
}

static log sequences_of(size_t total, int *enough) {
  static const sequencer_params params = {.frames = 10, .hop = 4, .min_frames = 3, .bands = 2};
  log out = {0};
  sequencer *self = sequencer_create(&params, on_sequence, &out);
  assert_non_null(self);
  sequencer_reset(self);
  for (size_t i = 0; i < total; i++)
    sequencer_push(self, (float[]){(float)i, -(float)i});
  *enough = sequencer_finish(self);
  sequencer_destroy(self);
  return out;
}

static void short_recordings_are_one_sequence(void **state) {
  (void)state;
  int enough;
  for (size_t total = 0; total < 3; total++) {
    assert_int_equal(sequences_of(total, &enough).count, 0);
    assert_false(enough);
  }
  for (size_t total = 3; total <= 10; total++) {
    log out = sequences_of(total, &enough);
    assert_true(enough);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.first[0], 0);
    assert_int_equal(out.length[0], total);
  }
}

static void sequences_overlap_and_end_with_the_recording(void **state) {
  (void)state;
  int enough;
  log out = sequences_of(11, &enough); /* a quarter hop more than a sequence */
  assert_int_equal(out.count, 2);
  assert_int_equal(out.first[1], 1);
  out = sequences_of(14, &enough); /* exactly one hop more: no extra sequence at the end */
  assert_int_equal(out.count, 2);
  assert_int_equal(out.first[1], 4);
  out = sequences_of(101, &enough);
  assert_int_equal(out.count, 1 + 22 + 1);
  for (size_t i = 0; i < 23; i++)
    assert_int_equal(out.first[i], 4 * i);
  assert_int_equal(out.first[23], 91);
  assert_int_equal(out.length[23], 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(short_recordings_are_one_sequence),
      cmocka_unit_test(sequences_overlap_and_end_with_the_recording),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
