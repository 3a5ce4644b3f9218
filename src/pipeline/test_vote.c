/* Hand-worked elections with three emotions.
 * SPDX-License-Identifier: MIT */
#include "pipeline/vote.h"
#include "testing.h"

static emovox_segment segment(float a, float b, float c) {
  emovox_segment s = {.speech_ratio = 0.5f, .probabilities = {a, b, c}};
  s.label = vote_cast(s.probabilities, 3, 0.4f);
  return s;
}

static emovox_summary elect(const emovox_segment *segments, size_t count) {
  vote_tally tally = {.labels = 3};
  for (size_t i = 0; i < count; i++)
    vote_add(&tally, &segments[i]);
  return vote_summary(&tally, 12.5);
}

static void casts_votes(void **state) {
  (void)state;
  assert_int_equal(vote_cast((float[]){0.2f, 0.5f, 0.3f}, 3, 0.4f), 1);
  assert_int_equal(vote_cast((float[]){0.5f, 0.5f, 0}, 3, 0.4f), 0); /* the first of equals */
  assert_int_equal(vote_cast((float[]){0.3f, 0.35f, 0.35f}, 3, 0.4f), EMOVOX_UNCERTAIN);
}

static void majority_wins_with_dominance_as_agreement(void **state) {
  (void)state;
  /* 2 votes for 1, 1 for 0, although 0 has the larger summed probability (1.7 to 1.1). */
  const emovox_segment s[] = {segment(0.9f, 0.1f, 0), segment(0.4f, 0.5f, 0.1f), segment(0.4f, 0.5f, 0.1f)};
  emovox_summary r = elect(s, 3);
  assert_int_equal(r.label, 1);
  assert_int_equal(r.votes[0], 1);
  assert_int_equal(r.votes[1], 2);
  assert_int_equal(r.voting, 3);
  assert_float_equal(r.agreement, 2.0f / 3, 1e-6f);
  assert_float_equal(r.probabilities[0], 1.7f / 3, 1e-6f);
  assert_float_equal(r.probability, 1.1f / 3, 1e-6f); /* the winner's, although another's is larger */
  assert_float_equal(r.duration, 12.5f, 0);
}

static void ties_go_to_the_larger_summed_probability(void **state) {
  (void)state;
  const emovox_segment s[] = {segment(0.6f, 0.4f, 0), segment(0.1f, 0.8f, 0.1f)}; /* sums 0.7 and 1.2 */
  emovox_summary r = elect(s, 2);
  assert_int_equal(r.label, 1);
  assert_float_equal(r.agreement, 0.5f, 1e-6f);
}

static void silence_has_no_part_in_the_means(void **state) {
  (void)state;
  emovox_segment s[] = {segment(1, 0, 0), {.label = EMOVOX_NO_SPEECH}, segment(0.3f, 0.3f, 0.4f)};
  s[0].intensity = 0.2f, s[0].valence = -0.5f, s[0].arousal = 1;
  s[2].intensity = 0.8f, s[2].valence = 0.1f, s[2].arousal = -0.5f;
  emovox_summary r = elect(s, 3);
  assert_float_equal(r.intensity, 0.5f, 1e-6f);
  assert_float_equal(r.valence, -0.2f, 1e-6f);
  assert_float_equal(r.arousal, 0.25f, 1e-6f);
  r = elect(s + 1, 1);
  assert_float_equal(r.intensity, 0, 0);
  assert_float_equal(r.valence, 0, 0);
  assert_float_equal(r.arousal, 0, 0);
}

static void silence_does_not_vote(void **state) {
  (void)state;
  const emovox_segment silent = {.label = EMOVOX_NO_SPEECH};
  const emovox_segment s[] = {silent, segment(0, 0, 1), silent};
  emovox_summary r = elect(s, 3);
  assert_int_equal(r.label, 2);
  assert_float_equal(r.agreement, 1, 0);
  assert_int_equal(r.segments, 3);
  assert_int_equal(r.voting, 1);
  assert_float_equal(r.speech_ratio, 0.5f / 3, 1e-6f);

  r = elect(&silent, 1);
  assert_int_equal(r.label, EMOVOX_NO_SPEECH);
  assert_float_equal(r.agreement, 0, 0);
  assert_float_equal(r.probability, 0, 0);
  assert_float_equal(r.probabilities[0], 0, 0);
  r = elect(NULL, 0);
  assert_int_equal(r.label, EMOVOX_NO_SPEECH);
}

static void uncertain_votes_count_but_lose_ties(void **state) {
  (void)state;
  const emovox_segment unsure = segment(0.34f, 0.33f, 0.33f), sure = segment(0, 1, 0);
  const emovox_segment tie[] = {unsure, sure};
  emovox_summary r = elect(tie, 2);
  assert_int_equal(r.label, 1);
  assert_float_equal(r.agreement, 0.5f, 0);
  assert_int_equal(r.uncertain, 1);
  const emovox_segment mostly[] = {unsure, sure, unsure};
  r = elect(mostly, 3);
  assert_int_equal(r.label, EMOVOX_UNCERTAIN);
  assert_float_equal(r.agreement, 2.0f / 3, 1e-6f);
  assert_float_equal(r.probability, 1.66f / 3, 1e-6f); /* of the most probable emotion */
}

static void a_single_segment_decides_alone(void **state) {
  (void)state;
  const emovox_segment s = segment(0.1f, 0.2f, 0.7f);
  emovox_summary r = elect(&s, 1);
  assert_int_equal(r.label, 2);
  assert_float_equal(r.agreement, 1, 0);
  assert_float_equal(r.probabilities[2], 0.7f, 1e-6f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(casts_votes),
      cmocka_unit_test(majority_wins_with_dominance_as_agreement),
      cmocka_unit_test(ties_go_to_the_larger_summed_probability),
      cmocka_unit_test(silence_has_no_part_in_the_means),
      cmocka_unit_test(silence_does_not_vote),
      cmocka_unit_test(uncertain_votes_count_but_lose_ties),
      cmocka_unit_test(a_single_segment_decides_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
