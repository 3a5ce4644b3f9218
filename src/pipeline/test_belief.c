/* The belief about a speaker against the reference in NumPy (model/train/judgement.py), and what it must not do.
 * SPDX-License-Identifier: MIT */
#include "pipeline/belief.h"

#include <math.h>
#include <stdlib.h>

#include "pipeline/model.h"
#include "testing.h"

enum { MOST = 64 };

static emovox_model *tiny(void) {
  return testing_model(TESTING_TINY);
}

/* The session of golden.py as observations. */
static size_t session(const population *people, observation *out) {
  array evidence = testing_npy("tests/data/golden/speaker_evidence.npy");
  array news = testing_npy("tests/data/golden/speaker_weights.npy");
  array enrolled = testing_npy("tests/data/golden/speaker_enrolled.npy");
  size_t count = evidence.shape[0];
  assert_true(count <= MOST);
  assert_int_equal(evidence.shape[1], population_evidence(people));
  for (size_t i = 0; i < count; i++)
    belief_observe(people, evidence.data + i * evidence.shape[1], news.data[i],
                   enrolled.data[i] > 0 ? people->ordinary : UINT32_MAX, &out[i]);
  free(evidence.data);
  free(news.data);
  free(enrolled.data);
  return count;
}

static void follows_the_reference(void **state) {
  (void)state;
  emovox_model *model = tiny();
  const population *people = &model->people;
  static observation observations[MOST];
  size_t count = session(people, observations);
  belief known;
  belief_learn(people, people->everyday, observations, count, &(residue){0}, &known);
  array expected = testing_npy("tests/data/golden/speaker_shift.npy");
  float shift[EMOVOX_MAX_EVIDENCE];
  for (size_t d = 0; d < people->dimensions; d++)
    shift[d] = (float)known.shift[d];
  testing_assert_close(shift, expected.data, people->dimensions, 1e-4F);
  free(expected.data);
  emovox_model_destroy(model);
}

static void nothing_heard_is_nothing_known(void **state) {
  (void)state;
  emovox_model *model = tiny();
  belief known;
  belief_learn(&model->people, model->people.everyday, NULL, 0, &(residue){0}, &known);
  assert_float_equal(known.heard, 0, 0);
  for (size_t d = 0; d < model->people.dimensions; d++)
    assert_float_equal(known.shift[d], 0, 0);
  emovox_model_destroy(model);
}

static void order_does_not_matter(void **state) {
  (void)state;
  emovox_model *model = tiny();
  const population *people = &model->people;
  static observation observations[MOST], reversed[MOST];
  size_t count = session(people, observations);
  for (size_t i = 0; i < count; i++)
    reversed[i] = observations[count - 1 - i];
  belief one, other;
  belief_learn(people, people->everyday, observations, count, &(residue){0}, &one);
  belief_learn(people, people->everyday, reversed, count, &(residue){0}, &other);
  for (size_t d = 0; d < people->dimensions; d++)
    assert_float_equal(one.shift[d], other.shift[d], 1e-9);
  emovox_model_destroy(model);
}

/* Evidence that is exactly what an emotion does to somebody of that shift; a stranger's verdict is sure of it. */
static void imagine(const population *people, size_t emotion, float shift, float *evidence) {
  for (size_t y = 0; y < people->labels; y++)
    evidence[y] = y == emotion ? 0 : -8;
  for (size_t d = 0; d < people->dimensions; d++)
    evidence[people->labels + d] = people->means[emotion * people->dimensions + d] + shift;
}

static void finds_a_voice(void **state) {
  (void)state;
  emovox_model *model = tiny();
  const population *people = &model->people;
  static observation observations[MOST];
  for (size_t i = 0; i < MOST; i++) {
    float evidence[EMOVOX_MAX_EVIDENCE];
    imagine(people, i % people->labels, 0.5F, evidence);
    belief_observe(people, evidence, 1, UINT32_MAX, &observations[i]);
  }
  belief known;
  belief_learn(people, people->everyday, observations, MOST, &(residue){0}, &known);
  assert_float_equal(known.heard, MOST, 1e-9);
  for (size_t d = 0; d < people->dimensions; d++) {
    double certain = (double)people->share * MOST * (double)people->between[d];
    assert_float_equal(known.shift[d], (float)(0.5 * certain / (1 + certain)),
                       1e-2); /* shrunk towards people in general */
  }
  emovox_model_destroy(model);
}

static void one_mood_is_not_taken_for_a_voice(void **state) {
  (void)state;
  emovox_model *model = tiny();
  const population *people = &model->people;
  static observation observations[MOST];
  for (size_t i = 0; i < MOST; i++) {
    float evidence[EMOVOX_MAX_EVIDENCE];
    imagine(people, 4, 0, evidence);
    belief_observe(people, evidence, 1, UINT32_MAX, &observations[i]);
  }
  belief known;
  belief_learn(people, people->everyday, observations, MOST, &(residue){0}, &known);
  for (size_t d = 0; d < people->dimensions; d++)
    assert_float_equal(known.shift[d], 0, 0.05);
  emovox_model_destroy(model);
}

/* The same shift was condensed, in part or not: what was guessed stays guessed, and here it is certain. */
static void condensed_segments_count_the_same(void **state) {
  (void)state;
  emovox_model *model = tiny();
  const population *people = &model->people;
  static observation observations[MOST];
  for (size_t i = 0; i < MOST; i++) {
    float evidence[EMOVOX_MAX_EVIDENCE];
    imagine(people, i % 3, 0.3F, evidence);
    belief_observe(people, evidence, 0.5F, UINT32_MAX, &observations[i]);
  }
  belief all, parts;
  residue rest = {0};
  belief_learn(people, people->everyday, observations, MOST, &rest, &all);
  belief_condense(people, people->everyday, &all, observations, MOST / 2, &rest);
  assert_float_equal(rest.weight, MOST / 4, 1e-9);
  belief_learn(people, people->everyday, observations + MOST / 2, MOST / 2, &rest, &parts);
  assert_float_equal(parts.heard, all.heard, 1e-9);
  for (size_t d = 0; d < people->dimensions; d++)
    assert_float_equal(parts.shift[d], all.shift[d], 1e-3);
  emovox_model_destroy(model);
}

/* Ordinary speech by somebody of whom the prior says that they never speak like that. */
static void what_nobody_expects_may_be(void **state) {
  (void)state;
  emovox_model *model = tiny();
  const population *people = &model->people;
  float prior[EMOVOX_MAX_LABELS] = {0}, evidence[EMOVOX_MAX_EVIDENCE];
  prior[4] = 1;
  static observation observations[2];
  residue rest = {0};
  belief known;
  for (size_t i = 0; i < 2; i++) {
    imagine(people, 4 * i, 1, evidence);
    belief_observe(people, evidence, 1, i ? UINT32_MAX : people->ordinary, &observations[i]);
  }
  belief_learn(people, prior, observations, 2, &rest, &known);
  belief_condense(people, prior, &known, observations, 2, &rest);
  assert_float_equal(rest.weight, 2, 0);
  for (size_t d = 0; d < people->dimensions; d++) {
    assert_true(isfinite(known.shift[d]) && isfinite(rest.sum[d]));
    double explained = (double)(people->means[d] + people->means[4 * people->dimensions + d]);
    double whole = (double)(observations[0].x[d] + observations[1].x[d]);
    assert_float_equal(rest.sum[d], (whole - explained), 0.02);
  }
  emovox_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(follows_the_reference),
      cmocka_unit_test(nothing_heard_is_nothing_known),
      cmocka_unit_test(order_does_not_matter),
      cmocka_unit_test(finds_a_voice),
      cmocka_unit_test(one_mood_is_not_taken_for_a_voice),
      cmocka_unit_test(condensed_segments_count_the_same),
      cmocka_unit_test(what_nobody_expects_may_be),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
