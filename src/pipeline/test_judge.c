/* Judgement against the reference in NumPy (model/train/judgement.py), and through the public interface.
 * SPDX-License-Identifier: MIT */
#include "pipeline/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/model.h"
#include "testing.h"

static light even(const population *people) {
  light in = {.threshold = 0};
  for (size_t y = 0; y < people->labels; y++)
    in.prior[y] = 1 / (float)people->labels;
  return in;
}

static void follows_the_reference(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_TINY);
  const population *people = &model->people;
  array evidence = testing_npy("tests/data/golden/speaker_evidence.npy");
  array stranger = testing_npy("tests/data/golden/speaker_stranger.npy");
  array adapted = testing_npy("tests/data/golden/speaker_probabilities.npy");
  array shift = testing_npy("tests/data/golden/speaker_shift.npy");
  array news = testing_npy("tests/data/golden/speaker_weights.npy");
  belief known = {0};
  for (size_t d = 0; d < people->dimensions; d++)
    known.shift[d] = (double)shift.data[d];
  for (size_t i = 0; i < news.count; i++)
    known.heard += (double)news.data[i];
  light in = even(people), usual = in;
  memcpy(usual.prior, people->everyday, sizeof usual.prior);
  for (size_t i = 0; i < evidence.shape[0]; i++) {
    const float *e = evidence.data + i * evidence.shape[1];
    float p[EMOVOX_MAX_LABELS];
    judge_evidence(people, &in, NULL, e, p);
    testing_assert_close(p, stranger.data + i * people->labels, people->labels, 1e-5F);
    judge_evidence(people, &usual, &known, e, p);
    testing_assert_close(p, adapted.data + i * people->labels, people->labels, 1e-5F);
  }
  array *owned[] = {&evidence, &stranger, &adapted, &shift, &news};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
    free(owned[i]->data);
  emovox_model_destroy(model);
}

/* A segment with the evidence of the golden session's row i. */
static emovox_segment segment(const emovox_model *model, size_t i) {
  array evidence = testing_npy("tests/data/golden/speaker_evidence.npy");
  emovox_segment s = {.start = 4.0 * (double)i, .end = 4.0 * (double)i + 4, .speech_ratio = 0.5F};
  memcpy(s.evidence, evidence.data + i * evidence.shape[1], emovox_evidence_count(model) * sizeof(float));
  free(evidence.data);
  return s;
}

static float sum(const float *values, int count) {
  float total = 0;
  for (int i = 0; i < count; i++)
    total += values[i];
  return total;
}

static void a_prior_moves_the_verdict(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_TINY);
  emovox_judging judging = emovox_judging_default();
  emovox_segment s = segment(model, 0), other = s;
  judging.threshold = 0;
  emovox_even_prior(model, judging.prior);
  assert_int_equal(emovox_judge(model, &judging, &s, 1), EMOVOX_OK);
  judging.prior[3] = 1000;
  assert_int_equal(emovox_judge(model, &judging, &other, 1), EMOVOX_OK);
  assert_true(other.probabilities[3] > s.probabilities[3]);
  assert_float_equal(sum(other.probabilities, emovox_label_count(model)), 1, 1e-5F);

  emovox_judging everyday = emovox_judging_default(), by_name = everyday;
  emovox_everyday_prior(model, by_name.prior);
  assert_int_equal(emovox_judge(model, &everyday, &s, 1), EMOVOX_OK);
  assert_int_equal(emovox_judge(model, &by_name, &other, 1), EMOVOX_OK);
  testing_assert_close(s.probabilities, other.probabilities, EMOVOX_MAX_LABELS, 1e-6F);
  emovox_model_destroy(model);
}

static void labels_that_are_not_allowed_get_nothing(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_TINY);
  emovox_judging judging = emovox_judging_default();
  judging.threshold = 0;
  judging.labels = 1U << 0 | 1U << 3;
  for (size_t i = 0; i < 12; i++) {
    emovox_segment s = segment(model, i), all = s;
    assert_int_equal(emovox_judge(model, &judging, &s, 1), EMOVOX_OK);
    assert_true(s.label == 0 || s.label == 3);
    assert_float_equal(s.probabilities[0] + s.probabilities[3], 1, 1e-5F);
    emovox_judging everything = judging;
    everything.labels = 0;
    assert_int_equal(emovox_judge(model, &everything, &all, 1), EMOVOX_OK);
    float two = all.probabilities[0] + all.probabilities[3]; /* renormalised, nothing else */
    assert_float_equal(s.probabilities[3], all.probabilities[3] / two, 1e-4F);
  }
  emovox_model_destroy(model);
}

static void what_is_strange_makes_uncertain(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_TINY);
  const population *people = &model->people;
  light in = even(people);
  emovox_segment s = segment(model, 1);
  float near[EMOVOX_MAX_LABELS], far[EMOVOX_MAX_LABELS], largest_near = 0, largest_far = 0;
  judge_evidence(people, &in, NULL, s.evidence, near);
  for (size_t d = 0; d < people->dimensions; d++)
    s.evidence[people->labels + d] += 100;
  judge_evidence(people, &in, NULL, s.evidence, far);
  for (size_t y = 0; y < people->labels; y++) {
    largest_near = fmaxf(largest_near, near[y]);
    largest_far = fmaxf(largest_far, far[y]);
  }
  assert_true(largest_far < largest_near);
  assert_float_equal(largest_far, 1 / (float)people->labels, 0.05F);
  emovox_model_destroy(model);
}

static void refuses_what_is_out_of_range(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_TINY);
  emovox_segment s = segment(model, 0), before = s;
  const emovox_judging good = emovox_judging_default();
  emovox_judging bad[8] = {good, good, good, good, good, good, good, good};
  bad[0].threshold = NAN;
  bad[1].threshold = 1.5F;
  bad[2].prior[0] = -1;
  bad[3].prior[1] = NAN;
  bad[4].prior[2] = 1e7F;
  bad[5].labels = 1U << 2;           /* one label is no choice */
  bad[6].labels = 1U << 8 | 1U << 0; /* this model has eight */
  bad[7].labels = 1U << 0 | 1U << 1; /* allowed, but the prior says never */
  bad[7].prior[5] = 1;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(emovox_judge(model, &bad[i], &s, 1), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_judge(NULL, &good, &s, 1), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_judge(model, NULL, &s, 1), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_judge(model, &good, NULL, 1), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_judge(model, &good, NULL, 0), EMOVOX_OK);
  const float absurd[] = {NAN, INFINITY, 1e7F};
  for (size_t i = 0; i < 3; i++) {
    s = before;
    s.evidence[i] = absurd[i];
    assert_int_equal(emovox_judge(model, &good, &s, 1), EMOVOX_ERROR_EVIDENCE);
    assert_int_equal(s.label, before.label);
  }
  emovox_model_destroy(model);
}

static void silence_stays_silence(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_TINY);
  emovox_segment segments[] = {{.end = 4, .label = EMOVOX_NO_SPEECH}, segment(model, 1)};
  const emovox_judging judging = emovox_judging_default();
  assert_int_equal(emovox_judge(model, &judging, segments, 2), EMOVOX_OK);
  assert_int_equal(segments[0].label, EMOVOX_NO_SPEECH);
  assert_float_equal(segments[0].probability, 0, 0);
  emovox_summary summary;
  assert_int_equal(emovox_summarize(model, segments, 2, 8, &summary), EMOVOX_OK);
  assert_int_equal(summary.segments, 2);
  assert_int_equal(summary.voting, 1);
  assert_float_equal(summary.duration, 8, 0);
  segments[1].label = 99;
  assert_int_equal(emovox_summarize(model, segments, 2, 8, &summary), EMOVOX_ERROR_ARGUMENT);
  emovox_model_destroy(model);
}

/* An hour of it: each segment as by itself, and the summary as counted by hand. */
static void an_hour_is_judged_as_segments_are(void **state) {
  (void)state;
  enum { HOUR = 1800 };
  emovox_model *model = testing_model(TESTING_TINY);
  static emovox_segment hour[HOUR];
  emovox_judging judging = emovox_judging_default();
  assert_int_equal(emovox_speaker_create(model, &judging.speaker), EMOVOX_OK);
  emovox_segment few[12];
  for (size_t i = 0; i < 12; i++)
    few[i] = segment(model, i);
  for (size_t i = 0; i < HOUR; i++) {
    hour[i] = few[i * 7 % 12];
    hour[i].start = 2 * (double)i;
    hour[i].end = hour[i].start + 4;
    if (i % 5 == 4) hour[i].label = EMOVOX_NO_SPEECH;
  }
  emovox_speaker *speaker = judging.speaker;
  for (int known = 0; known <= 1; known++) {
    if (known) assert_int_equal(emovox_speaker_hear(speaker, hour, HOUR, 0), EMOVOX_OK);
    judging.speaker = known ? speaker : NULL;
    emovox_summary summary;
    assert_int_equal(emovox_judge(model, &judging, few, 12), EMOVOX_OK);
    assert_int_equal(emovox_judge(model, &judging, hour, HOUR), EMOVOX_OK);
    assert_int_equal(emovox_summarize(model, hour, HOUR, 3602, &summary), EMOVOX_OK);
    uint32_t votes[EMOVOX_MAX_LABELS] = {0}, uncertain = 0;
    for (size_t i = 0; i < HOUR; i++) {
      if (i % 5 == 4) {
        assert_int_equal(hour[i].label, EMOVOX_NO_SPEECH);
        assert_float_equal(sum(hour[i].probabilities, EMOVOX_MAX_LABELS), 0, 0);
        continue;
      }
      const emovox_segment *same = &few[i * 7 % 12];
      assert_int_equal(hour[i].label, same->label);
      assert_float_equal(hour[i].probability, same->probability, 0);
      assert_memory_equal(hour[i].probabilities, same->probabilities, sizeof same->probabilities);
      if (same->label == EMOVOX_UNCERTAIN)
        uncertain++;
      else
        votes[same->label]++;
    }
    assert_int_equal(summary.segments, HOUR);
    assert_int_equal(summary.voting, HOUR / 5 * 4);
    assert_int_equal(summary.uncertain, uncertain);
    assert_memory_equal(summary.votes, votes, sizeof votes);
  }
  emovox_speaker_destroy(speaker);
  emovox_model_destroy(model);
}

static void summaries_refuse_null(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_TINY);
  emovox_segment s = segment(model, 0);
  emovox_summary summary;
  assert_int_equal(emovox_summarize(NULL, &s, 1, 4, &summary), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_summarize(model, NULL, 1, 4, &summary), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_summarize(model, &s, 1, 4, NULL), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_summarize(model, NULL, 0, 4, &summary), EMOVOX_OK);
  assert_int_equal(summary.label, EMOVOX_NO_SPEECH);
  emovox_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(follows_the_reference),
      cmocka_unit_test(a_prior_moves_the_verdict),
      cmocka_unit_test(labels_that_are_not_allowed_get_nothing),
      cmocka_unit_test(what_is_strange_makes_uncertain),
      cmocka_unit_test(refuses_what_is_out_of_range),
      cmocka_unit_test(silence_stays_silence),
      cmocka_unit_test(an_hour_is_judged_as_segments_are),
      cmocka_unit_test(summaries_refuse_null),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
