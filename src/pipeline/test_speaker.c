/* Speakers through the public interface, on real speech, with the tiny model, to which any speech is diverse.
 * SPDX-License-Identifier: MIT */
#include "pipeline/speaker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/fnv.h"
#include "pipeline/model.h"
#include "testing.h"

/* A profile's size and its parts; the tiny model has five dimensions. */
enum { VERSION_AT = 8, DIMENSIONS_AT = 12, LABELS_AT = 16, ZERO_AT = 20, MODEL_AT = 24, NUMBERS_AT = 32 };
enum { PROFILE = NUMBERS_AT + 8 * (2 + 5) + FNV_BYTES, MAX_SEGMENTS = 32, MANY = 2000 };

typedef struct session {
  emovox_segment segments[MAX_SEGMENTS];
  size_t count;
} session;

typedef struct fixture {
  emovox_model *model;
  array speech; /* 16 kHz mono, twice the same: eight seconds */
} fixture;

static int set_up(void **state) {
  static fixture f;
  uint32_t rate;
  f.model = testing_model(TESTING_TINY);
  array once = testing_audio(TESTING_SPEECH, &rate);
  assert_int_equal(rate, 16000);
  f.speech = (array){.count = 2 * once.count, .data = malloc(2 * once.count * sizeof(float))};
  memcpy(f.speech.data, once.data, once.count * sizeof(float));
  memcpy(f.speech.data + once.count, once.data, once.count * sizeof(float));
  free(once.data);
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  emovox_model_destroy(f->model);
  free(f->speech.data);
  return 0;
}

static void on_segment(const emovox_segment *segment, void *user) {
  session *out = user;
  out->segments[out->count++] = *segment;
}

static int stop(double seconds, void *user) {
  (void)seconds, (void)user;
  return 1;
}

static emovox_speaker *new_speaker(const fixture *f) {
  emovox_speaker *speaker = NULL;
  assert_int_equal(emovox_speaker_create(f->model, &speaker), EMOVOX_OK);
  return speaker;
}

/* One recording, in calls of so many samples; returns what its last call says. */
static emovox_status hear_cut(const fixture *f, emovox_speaker *speaker, int enroll, const float *samples,
                              size_t frames, size_t cut, emovox_progress_callback on_progress, session *out) {
  emovox_config config = emovox_config_default();
  config.on_segment = on_segment;
  config.on_progress = on_progress;
  config.user = out;
  config.judging.speaker = speaker;
  config.enroll = enroll;
  *out = (session){0};
  emovox_analyzer *analyzer = NULL;
  assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_OK);
  emovox_summary summary;
  emovox_status status = EMOVOX_OK;
  for (size_t at = 0; !status && at < frames; at += cut)
    status = emovox_push(analyzer, samples + at, frames - at < cut ? frames - at : cut);
  if (!status) status = emovox_finish(analyzer, &summary);
  emovox_analyzer_destroy(analyzer);
  return status;
}

static emovox_status hear(const fixture *f, emovox_speaker *speaker, int enroll, const float *samples, size_t frames,
                          emovox_progress_callback on_progress, session *out) {
  return hear_cut(f, speaker, enroll, samples, frames, frames, on_progress, out);
}

static float difference(const session *a, const session *b, size_t i) {
  float worst = 0;
  for (int k = 0; k < EMOVOX_MAX_LABELS; k++)
    worst = fmaxf(worst, fabsf(a->segments[i].probabilities[k] - b->segments[i].probabilities[k]));
  return worst;
}

/* The segments as they are judged with what is known by now, and a prior for the labels (NULL: the default). */
static session judged(const fixture *f, emovox_speaker *speaker, const float *prior, const session *heard) {
  session out = *heard;
  emovox_judging judging = emovox_judging_default();
  judging.speaker = speaker;
  if (prior) memcpy(judging.prior, prior, sizeof judging.prior);
  assert_int_equal(emovox_judge(f->model, &judging, out.segments, out.count), EMOVOX_OK);
  return out;
}

static void assert_close(const session *a, const session *b, float tolerance) {
  assert_int_equal(a->count, b->count);
  for (size_t i = 0; i < a->count; i++)
    assert_float_equal(difference(a, b, i), 0, tolerance);
}

static void save(const emovox_speaker *speaker, uint8_t profile[PROFILE]) {
  size_t size = PROFILE;
  assert_int_equal(emovox_speaker_save(speaker, profile, &size), EMOVOX_OK);
  assert_int_equal(size, PROFILE);
}

/* Whole segments that a recording teaches. */
static double novelty(const session *s) {
  double heard = 0, end = 0;
  for (size_t i = 0; i < s->count; i++) {
    const emovox_segment *g = &s->segments[i];
    heard += (g->end - fmax(g->start, end)) / (g->end - g->start);
    end = g->end;
  }
  return heard;
}

static void assert_as_known(const emovox_speaker *a, const emovox_speaker *b) {
  uint8_t one[PROFILE], other[PROFILE];
  save(a, one);
  save(b, other);
  assert_memory_equal(one, other, PROFILE);
}

/* ---- hearing ---- */

static void strangers_become_acquainted(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  session alone, first, second;
  const float *samples = f->speech.data;
  size_t n = f->speech.count;
  assert_int_equal(hear(f, NULL, 0, samples, n, NULL, &alone), EMOVOX_OK);
  assert_float_equal(emovox_speaker_weight(speaker), 0, 0);
  session empty = judged(f, speaker, NULL, &alone);
  assert_close(&empty, &alone, 0); /* who has not been heard changes nothing */
  assert_int_equal(hear(f, speaker, 0, samples, n, NULL, &first), EMOVOX_OK);
  assert_true(alone.count >= 3);
  assert_float_equal(difference(&alone, &first, 0), 0, 0); /* judged before it is heard */
  for (size_t i = 1; i < alone.count; i++)
    assert_true(difference(&alone, &first, i) > 1e-4f);
  assert_float_equal(emovox_speaker_seconds(speaker), (double)n / 16000, 0.3); /* overlaps count once */
  double weight = emovox_speaker_weight(speaker);
  assert_true(weight > 0 && weight < 1);
  assert_int_equal(hear(f, speaker, 0, samples, n, NULL, &second), EMOVOX_OK);
  assert_true(difference(&first, &second, 0) > 1e-4f); /* what came before is remembered, from the first segment on */
  assert_float_equal(emovox_speaker_seconds(speaker), (2.0 * (double)n / 16000), 0.6);
  assert_true(emovox_speaker_weight(speaker) > weight);
  emovox_speaker_reset(speaker);
  assert_float_equal(emovox_speaker_seconds(speaker), 0, 0);
  assert_float_equal(emovox_speaker_weight(speaker), 0, 0);
  assert_int_equal(hear(f, speaker, 0, samples, n, NULL, &second), EMOVOX_OK);
  assert_close(&first, &second, 0);
  emovox_speaker_destroy(speaker);
}

static void enrolling_adapts_at_once(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f), *merely_heard = new_speaker(f);
  session s, alone;
  assert_int_equal(hear(f, speaker, 1, f->speech.data, f->speech.count, NULL, &s), EMOVOX_OK);
  assert_int_equal(hear(f, merely_heard, 0, f->speech.data, f->speech.count, NULL, &s), EMOVOX_OK);
  double heard = novelty(&s), caution = (double)f->model->people.caution;
  assert_float_equal(emovox_speaker_seconds(speaker), (double)f->speech.count / 16000, 0.3);
  assert_float_equal(emovox_speaker_weight(speaker), (heard / (heard + caution)), 1e-7);
  assert_int_equal(hear(f, NULL, 0, f->speech.data, f->speech.count, NULL, &alone), EMOVOX_OK);
  session known = judged(f, speaker, NULL, &alone), guessed = judged(f, merely_heard, NULL, &alone);
  for (size_t i = 0; i < alone.count; i++) {
    assert_true(difference(&known, &alone, i) > 1e-3f);
    assert_true(difference(&known, &guessed, i) > 1e-3f); /* this is no ordinary speech: told so, it believes it */
    assert_true(known.segments[i].probabilities[0] + known.segments[i].probabilities[1] >
                guessed.segments[i].probabilities[0] + guessed.segments[i].probabilities[1]);
  }
  emovox_speaker_destroy(speaker);
  emovox_speaker_destroy(merely_heard);
}

static void silence_teaches_nothing(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  static const float silence[80000];
  session s;
  assert_int_equal(hear(f, speaker, 0, silence, 80000, NULL, &s), EMOVOX_OK);
  assert_int_equal(hear(f, speaker, 1, silence, 80000, NULL, &s), EMOVOX_OK);
  assert_int_equal(emovox_speaker_hear(speaker, s.segments, s.count, 0), EMOVOX_OK);
  assert_float_equal(emovox_speaker_seconds(speaker), 0, 0);
  emovox_speaker_destroy(speaker);
}

static void what_a_cancelled_recording_taught_stays(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  session s;
  assert_int_equal(hear(f, speaker, 0, f->speech.data, f->speech.count, stop, &s), EMOVOX_ERROR_CANCELLED);
  assert_float_equal(emovox_speaker_seconds(speaker), 4, 1e-9);
  emovox_speaker_destroy(speaker);
}

/* A reset analyzer begins anew, and its speaker goes on. */
static void recordings_are_timed_apart(void **state) {
  const fixture *f = *state;
  emovox_config config = emovox_config_default();
  emovox_speaker *speaker = config.judging.speaker = new_speaker(f);
  emovox_analyzer *analyzer = NULL;
  assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_OK);
  for (int i = 1; i <= 3; i++) {
    assert_int_equal(emovox_push(analyzer, f->speech.data, 70000), EMOVOX_OK); /* one segment, and no more */
    assert_float_equal(emovox_speaker_seconds(speaker), (4.0 * i), 1e-9);
    emovox_analyzer_reset(analyzer);
  }
  emovox_analyzer_destroy(analyzer);
  emovox_speaker_destroy(speaker);
}

/* Speech four times over, which is some fourteen segments. */
static array long_speech(const fixture *f) {
  array out = {.count = 4 * f->speech.count, .data = malloc(4 * f->speech.count * sizeof(float))};
  assert_non_null(out.data);
  for (size_t i = 0; i < 4; i++)
    memcpy(out.data + i * f->speech.count, f->speech.data, f->speech.count * sizeof(float));
  return out;
}

static void segments_teach_what_an_analyzer_does(void **state) {
  const fixture *f = *state;
  array speech = long_speech(f);
  for (int enroll = 0; enroll <= 1; enroll++) {
    emovox_speaker *one = new_speaker(f), *other = new_speaker(f);
    session s, alone;
    assert_int_equal(hear(f, one, enroll, speech.data, speech.count, NULL, &s), EMOVOX_OK);
    assert_int_equal(hear(f, NULL, 0, speech.data, speech.count, NULL, &alone), EMOVOX_OK);
    assert_int_equal(emovox_speaker_hear(other, alone.segments, alone.count, enroll), EMOVOX_OK);
    assert_true(emovox_speaker_seconds(one) == emovox_speaker_seconds(other));
    assert_true(emovox_speaker_weight(one) == emovox_speaker_weight(other));
    assert_true(one->count > 12 && one->count == other->count);
    assert_memory_equal(one->observations, other->observations, one->count * sizeof *one->observations);
    session first = judged(f, one, NULL, &alone), second = judged(f, other, NULL, &alone);
    assert_close(&first, &second, 0);
    assert_as_known(one, other); /* now that both have been judged in the same light */
    emovox_speaker_destroy(one);
    emovox_speaker_destroy(other);
  }
  free(speech.data);
}

static void what_overlaps_counts_once(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  session s;
  assert_int_equal(hear(f, NULL, 0, f->speech.data, f->speech.count, NULL, &s), EMOVOX_OK);
  emovox_segment twice[] = {s.segments[0], s.segments[1], s.segments[1], s.segments[0], s.segments[2]};
  twice[4].label = EMOVOX_NO_SPEECH;
  assert_int_equal(emovox_speaker_hear(speaker, twice, 5, 0), EMOVOX_OK);
  assert_float_equal(emovox_speaker_seconds(speaker), twice[1].end, 1e-9);
  double heard = 1 + (twice[1].end - 4) / 4, caution = (double)f->model->people.caution;
  assert_float_equal(emovox_speaker_weight(speaker), (heard / (heard + caution)), 1e-7);
  assert_int_equal(emovox_speaker_hear(speaker, twice, 1, 0), EMOVOX_OK); /* another recording */
  assert_float_equal(emovox_speaker_seconds(speaker), (twice[1].end + 4), 1e-9);
  emovox_speaker_destroy(speaker);
}

static void a_recording_may_come_in_any_pieces(void **state) {
  const fixture *f = *state;
  array speech = long_speech(f);
  static const size_t cuts[] = {160, 4096, 100001};
  emovox_speaker *whole = new_speaker(f);
  session expected, s;
  assert_int_equal(hear(f, whole, 0, speech.data, speech.count, NULL, &expected), EMOVOX_OK);
  for (size_t i = 0; i < 3; i++) {
    emovox_speaker *speaker = new_speaker(f);
    assert_int_equal(hear_cut(f, speaker, 0, speech.data, speech.count, cuts[i], NULL, &s), EMOVOX_OK);
    assert_close(&s, &expected, 0);
    assert_as_known(speaker, whole);
    emovox_speaker_destroy(speaker);
  }
  emovox_speaker_destroy(whole);
  free(speech.data);
}

/* Each segment is judged with all that came before it; later on, with nearly all. */
static void belief_grows_while_it_listens(void **state) {
  const fixture *f = *state;
  array speech = long_speech(f);
  emovox_speaker *speaker = new_speaker(f), *follower = new_speaker(f);
  session live;
  assert_int_equal(hear(f, speaker, 0, speech.data, speech.count, NULL, &live), EMOVOX_OK);
  assert_true(live.count >= 12);
  for (size_t i = 0; i < live.count; i++) {
    emovox_speaker_reset(follower);
    assert_int_equal(emovox_speaker_hear(follower, live.segments, i, 0), EMOVOX_OK);
    session now = judged(f, follower, NULL, &live);
    assert_float_equal(difference(&now, &live, i), 0, i < 6 ? 1e-6F : 0.05F);
  }
  session last = judged(f, speaker, NULL, &live);
  assert_true(difference(&last, &live, 1) > 1e-3F); /* what came later says more */
  emovox_speaker_destroy(speaker);
  emovox_speaker_destroy(follower);
  free(speech.data);
}

static void the_order_of_recordings_does_not_matter(void **state) {
  const fixture *f = *state;
  emovox_speaker *one = new_speaker(f), *other = new_speaker(f);
  session a, b;
  assert_int_equal(hear(f, NULL, 0, f->speech.data, f->speech.count, NULL, &a), EMOVOX_OK);
  assert_int_equal(hear(f, NULL, 0, f->speech.data + 9999, 70000, NULL, &b), EMOVOX_OK);
  assert_int_equal(emovox_speaker_hear(one, a.segments, a.count, 0), EMOVOX_OK);
  assert_int_equal(emovox_speaker_hear(one, b.segments, b.count, 0), EMOVOX_OK);
  assert_int_equal(emovox_speaker_hear(other, b.segments, b.count, 0), EMOVOX_OK);
  assert_int_equal(emovox_speaker_hear(other, a.segments, a.count, 0), EMOVOX_OK);
  session first = judged(f, one, NULL, &a), second = judged(f, other, NULL, &a);
  assert_close(&first, &second, 1e-5F);
  emovox_speaker_destroy(one);
  emovox_speaker_destroy(other);
}

/* Judging teaches nothing: neither what is judged nor the light in which it is. */
static void judging_leaves_no_trace(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  session s;
  assert_int_equal(hear(f, speaker, 0, f->speech.data, f->speech.count, NULL, &s), EMOVOX_OK);
  float odd[EMOVOX_MAX_LABELS] = {1, 0, 100, 0, 1};
  session before = judged(f, speaker, NULL, &s), another = judged(f, speaker, odd, &s);
  session after = judged(f, speaker, NULL, &s);
  assert_true(difference(&before, &another, 0) > 1e-3F);
  assert_close(&before, &after, 0);
  emovox_speaker *fresh = new_speaker(f); /* by whom nothing was judged in the usual light */
  assert_int_equal(emovox_speaker_hear(fresh, s.segments, s.count, 0), EMOVOX_OK);
  session expected = judged(f, fresh, odd, &s);
  assert_close(&another, &expected, 0);
  emovox_speaker_destroy(fresh);
  emovox_speaker_destroy(speaker);
}

/* ---- more than is kept ---- */

/* What somebody with a voice of their own says in a long session, mostly in ordinary moods. */
static void imagine_session(const emovox_model *model, emovox_segment segments[MANY]) {
  const population *people = &model->people;
  static const size_t moods[] = {0, 0, 1, 0, 4, 0, 1, 3, 0, 2};
  static float noise[MANY][EMOVOX_MAX_EVIDENCE];
  testing_noise(noise[0], MANY * EMOVOX_MAX_EVIDENCE, 5);
  for (size_t i = 0; i < MANY; i++) {
    size_t mood = moods[i * 7 % 10];
    segments[i] = (emovox_segment){.start = 2.0 * (double)i, .end = 2.0 * (double)i + 4, .label = EMOVOX_UNCERTAIN};
    for (size_t y = 0; y < people->labels; y++)
      segments[i].evidence[y] = 2 * noise[i][y] + (y == mood ? 2 : 0);
    for (size_t d = 0; d < people->dimensions; d++)
      segments[i].evidence[people->labels + d] =
          people->means[mood * people->dimensions + d] + 1.7F * noise[i][people->labels + d] + (d % 2 ? 0.8F : -0.6F);
  }
}

static void old_segments_are_condensed(void **state) {
  const fixture *f = *state;
  const population *people = &f->model->people;
  static emovox_segment segments[MANY];
  static observation all[MANY];
  imagine_session(f->model, segments);
  for (size_t i = 0; i < MANY; i++)
    belief_observe(people, segments[i].evidence, i ? 0.5F : 1, UINT32_MAX, &all[i]);
  belief expected;
  belief_learn(people, people->everyday, all, MANY, &(residue){0}, &expected);

  emovox_speaker *speaker = new_speaker(f);
  assert_int_equal(emovox_speaker_hear(speaker, segments, MANY, 0), EMOVOX_OK);
  assert_true(speaker->count <= SPEAKER_KEPT); /* and all that is kept is within the struct */
  assert_float_equal(emovox_speaker_seconds(speaker), segments[MANY - 1].end, 1e-6);
  const belief *known = speaker_belief(speaker, people->everyday, 0);
  assert_float_equal(known->heard, expected.heard, 1e-6);
  for (size_t d = 0; d < people->dimensions; d++)
    assert_float_equal(known->shift[d], expected.shift[d], 0.02);

  light in = {0};
  float worst = 0;
  memcpy(in.prior, people->everyday, sizeof in.prior);
  for (size_t i = 0; i < MANY; i++) {
    float actual[EMOVOX_MAX_LABELS], wanted[EMOVOX_MAX_LABELS];
    judge_evidence(people, &in, known, segments[i].evidence, actual);
    judge_evidence(people, &in, &expected, segments[i].evidence, wanted);
    for (size_t y = 0; y < people->labels; y++)
      worst = fmaxf(worst, fabsf(actual[y] - wanted[y]));
  }
  assert_true(worst < 0.02F);
  emovox_speaker_destroy(speaker);
}

/* ---- wrong use ---- */

static void refuses_other_models_and_null(void **state) {
  const fixture *f = *state;
  emovox_model *other = testing_model(TESTING_TINY);
  emovox_speaker *speaker = new_speaker(f);
  emovox_analyzer *analyzer = NULL;
  emovox_segment segment = {.end = 4, .label = EMOVOX_UNCERTAIN};
  emovox_config config = emovox_config_default();
  config.enroll = 1; /* whom? */
  assert_int_equal(emovox_analyzer_create(f->model, &config, &analyzer), EMOVOX_ERROR_ARGUMENT);
  config.judging.speaker = speaker;
  assert_int_equal(emovox_analyzer_create(other, &config, &analyzer), EMOVOX_ERROR_ARGUMENT);
  assert_null(analyzer);
  assert_int_equal(emovox_judge(other, &config.judging, &segment, 1), EMOVOX_ERROR_ARGUMENT);
  size_t size = 0;
  assert_int_equal(emovox_speaker_create(NULL, &speaker), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_create(f->model, NULL), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_hear(NULL, &segment, 1, 0), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_hear(speaker, NULL, 1, 0), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_hear(speaker, NULL, 0, 0), EMOVOX_OK);
  assert_int_equal(emovox_speaker_save(NULL, NULL, &size), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_save(speaker, NULL, NULL), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_restore(speaker, NULL, 0), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_speaker_restore(NULL, "", 0), EMOVOX_ERROR_ARGUMENT);
  emovox_speaker_destroy(speaker);
  emovox_speaker_destroy(NULL);
  emovox_speaker_reset(NULL);
  emovox_model_destroy(other);
}

/* A single bad one among the segments, and none of them is heard. */
static void impossible_segments_teach_nothing(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  session s;
  assert_int_equal(hear(f, NULL, 0, f->speech.data, f->speech.count, NULL, &s), EMOVOX_OK);
  static const float absurd[] = {NAN, INFINITY, -INFINITY, 1.1e6F};
  size_t numbers = emovox_evidence_count(f->model);
  for (size_t i = 0; i < 4; i++)
    for (size_t k = 0; k < numbers; k++) {
      session bad = s;
      bad.segments[1].evidence[k] = absurd[i];
      assert_int_equal(emovox_speaker_hear(speaker, bad.segments, bad.count, 0), EMOVOX_ERROR_EVIDENCE);
    }
  static const double times[][2] = {{4, 4}, {4, 2}, {NAN, 4}, {0, NAN}, {0, INFINITY}, {-INFINITY, 4}};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    session bad = s;
    bad.segments[1].start = times[i][0];
    bad.segments[1].end = times[i][1];
    assert_int_equal(emovox_speaker_hear(speaker, bad.segments, bad.count, 0), EMOVOX_ERROR_ARGUMENT);
  }
  assert_float_equal(emovox_speaker_seconds(speaker), 0, 0);
  assert_float_equal(emovox_speaker_weight(speaker), 0, 0);
  s.segments[1].label = EMOVOX_NO_SPEECH; /* what is passed over may hold anything */
  s.segments[1].evidence[0] = NAN;
  assert_int_equal(emovox_speaker_hear(speaker, s.segments, s.count, 0), EMOVOX_OK);
  emovox_speaker_destroy(speaker);
}

/* ---- profiles ---- */

/* The profile of a speaker who was enrolled and heard. */
static void make_profile(const fixture *f, uint8_t profile[PROFILE]) {
  emovox_speaker *speaker = new_speaker(f);
  session s;
  assert_int_equal(hear(f, speaker, 1, f->speech.data, f->speech.count / 2, NULL, &s), EMOVOX_OK);
  assert_int_equal(hear(f, speaker, 0, f->speech.data, f->speech.count, NULL, &s), EMOVOX_OK);
  size_t size = 0;
  assert_int_equal(emovox_speaker_save(speaker, NULL, &size), EMOVOX_OK);
  assert_int_equal(size, PROFILE);
  size = PROFILE - 1;
  assert_int_equal(emovox_speaker_save(speaker, profile, &size), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(size, PROFILE - 1);
  size = PROFILE + 1;
  assert_int_equal(emovox_speaker_save(speaker, profile, &size), EMOVOX_OK);
  assert_int_equal(size, PROFILE);
  emovox_speaker_destroy(speaker);
}

static void a_profile_brings_everything_back(void **state) {
  const fixture *f = *state;
  uint8_t profile[PROFILE], again[PROFILE];
  make_profile(f, profile);
  emovox_speaker *speaker = new_speaker(f);
  assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE), EMOVOX_OK);
  save(speaker, again);
  assert_memory_equal(again, profile, PROFILE);
  assert_true(emovox_speaker_weight(speaker) > 0);
  emovox_speaker_reset(speaker); /* and that of nobody, too */
  save(speaker, again);
  assert_int_equal(emovox_speaker_restore(speaker, again, PROFILE), EMOVOX_OK);
  emovox_speaker_destroy(speaker);
}

static void assert_restored(const fixture *f, emovox_speaker *speaker, const session *s) {
  uint8_t profile[PROFILE];
  emovox_speaker *restored = new_speaker(f);
  session before = judged(f, speaker, NULL, s);
  save(speaker, profile);
  assert_int_equal(emovox_speaker_restore(restored, profile, PROFILE), EMOVOX_OK);
  session after = judged(f, restored, NULL, s);
  assert_close(&after, &before, 1e-3F);
  assert_float_equal(emovox_speaker_seconds(restored), emovox_speaker_seconds(speaker), 0);
  assert_float_equal(emovox_speaker_weight(restored), emovox_speaker_weight(speaker), 1e-12);
  emovox_speaker_destroy(restored);
}

static void who_is_restored_is_judged_as_before(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  session s;
  assert_int_equal(hear(f, speaker, 1, f->speech.data, f->speech.count, NULL, &s), EMOVOX_OK);
  assert_restored(f, speaker, &s);
  assert_int_equal(hear(f, speaker, 0, f->speech.data + 5000, 60000, NULL, &s), EMOVOX_OK);
  assert_restored(f, speaker, &s);
  static emovox_segment segments[MANY];
  imagine_session(f->model, segments);
  assert_int_equal(emovox_speaker_hear(speaker, segments, MANY, 0), EMOVOX_OK);
  assert_restored(f, speaker, &s);
  emovox_speaker_destroy(speaker);
}

/* What a profile of the same kind, but with this field changed and signed, is said to be. */
static emovox_status restore_with(emovox_speaker *speaker, const uint8_t profile[PROFILE], size_t at, uint8_t value) {
  uint8_t changed[PROFILE];
  memcpy(changed, profile, PROFILE);
  changed[at] = value;
  testing_seal(changed, PROFILE);
  return emovox_speaker_restore(speaker, changed, PROFILE);
}

static void damaged_profiles_are_refused(void **state) {
  const fixture *f = *state;
  uint8_t profile[PROFILE + 8] = {0}, before[PROFILE], after[PROFILE];
  make_profile(f, profile);
  emovox_speaker *speaker = new_speaker(f);
  assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE), EMOVOX_OK);
  save(speaker, before);
  for (size_t length = 0; length < PROFILE; length++) { /* from a block of that size: the sanitizer watches its end */
    uint8_t *cut = malloc(length + 1);
    assert_non_null(cut);
    memcpy(cut + 1, profile, length);
    assert_int_equal(emovox_speaker_restore(speaker, cut + 1, length), EMOVOX_ERROR_PROFILE);
    if (length >= FNV_BYTES) testing_seal(cut + 1, length);
    emovox_status status = emovox_speaker_restore(speaker, cut + 1, length);
    assert_true(status == EMOVOX_ERROR_PROFILE || (length < NUMBERS_AT && status)); /* the seal is over its header */
    free(cut);
  }
  assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE + 1), EMOVOX_ERROR_PROFILE);
  for (size_t i = 0; i < PROFILE; i++)
    for (int bit = 0; bit < 8; bit++) {
      int is_version = i >= VERSION_AT && i < DIMENSIONS_AT;
      profile[i] ^= (uint8_t)(1 << bit);
      assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE),
                       is_version ? EMOVOX_ERROR_PROFILE_VERSION : EMOVOX_ERROR_PROFILE);
      profile[i] ^= (uint8_t)(1 << bit);
    }
  for (size_t i = 0; i < 8; i++)
    assert_int_equal(restore_with(speaker, profile, MODEL_AT + i, profile[MODEL_AT + i] ^ 1),
                     EMOVOX_ERROR_PROFILE_MODEL);
  assert_int_equal(restore_with(speaker, profile, 0, 'e'), EMOVOX_ERROR_PROFILE);
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(restore_with(speaker, profile, DIMENSIONS_AT + i, 4), EMOVOX_ERROR_PROFILE);
    assert_int_equal(restore_with(speaker, profile, LABELS_AT + i, 7), EMOVOX_ERROR_PROFILE);
    assert_int_equal(restore_with(speaker, profile, ZERO_AT + i, 1), EMOVOX_ERROR_PROFILE);
  }
  uint8_t longer[PROFILE + 8] = {0};
  memcpy(longer, profile, PROFILE - FNV_BYTES);
  testing_seal(longer, sizeof longer);
  assert_int_equal(emovox_speaker_restore(speaker, longer, sizeof longer), EMOVOX_ERROR_PROFILE);
  save(speaker, after);
  assert_memory_equal(after, before, PROFILE); /* nothing of all that has left a trace */
  emovox_speaker_destroy(speaker);
}

/* Those that emovox wrote before held other sums: their owners have to be enrolled again. */
static void profiles_of_other_versions_are_refused(void **state) {
  const fixture *f = *state;
  emovox_speaker *speaker = new_speaker(f);
  uint8_t old[24 + 8 * (4 + 2 * 11) + 8] = "EMOVOXSP\1\0\0\0\13";
  testing_seal(old, sizeof old);
  assert_int_equal(emovox_speaker_restore(speaker, old, sizeof old), EMOVOX_ERROR_PROFILE_VERSION);
  assert_int_equal(emovox_speaker_restore(speaker, old, 12), EMOVOX_ERROR_PROFILE_VERSION);
  old[VERSION_AT] = 3;
  assert_int_equal(emovox_speaker_restore(speaker, old, sizeof old), EMOVOX_ERROR_PROFILE_VERSION);
  old[VERSION_AT] = 2, old[VERSION_AT + 3] = 1;
  assert_int_equal(emovox_speaker_restore(speaker, old, sizeof old), EMOVOX_ERROR_PROFILE_VERSION);
  assert_float_equal(emovox_speaker_seconds(speaker), 0, 0);
  emovox_speaker_destroy(speaker);
}

/* Each number in turn, with a checksum that fits. Those that are taken must leave verdicts finite. */
static void impossible_values_are_refused(void **state) {
  const fixture *f = *state;
  uint8_t profile[PROFILE];
  make_profile(f, profile);
  emovox_speaker *speaker = new_speaker(f);
  session s;
  assert_int_equal(hear(f, NULL, 0, f->speech.data, 70000, NULL, &s), EMOVOX_OK);
  static const double bad[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300}, odd[] = {-1, 0, 1e-300, 1e-9, 1e5};
  for (size_t at = NUMBERS_AT; at < PROFILE - FNV_BYTES; at += 8) {
    uint8_t original[8];
    memcpy(original, profile + at, 8);
    for (size_t i = 0; i < 10; i++) {
      int is_duration = at < NUMBERS_AT + 16; /* seconds, or the weight */
      memcpy(profile + at, i < 5 ? &bad[i] : &odd[i - 5], 8);
      testing_seal(profile, PROFILE);
      emovox_status status = emovox_speaker_restore(speaker, profile, PROFILE);
      if (i < 5 || (is_duration && i == 5)) assert_int_equal(status, EMOVOX_ERROR_PROFILE);
      if (!is_duration && i >= 5) assert_int_equal(status, EMOVOX_OK);
      if (status) continue;
      double weight = emovox_speaker_weight(speaker);
      assert_true(weight >= 0 && weight <= 1);
      session now = judged(f, speaker, NULL, &s);
      for (int k = 0; k < 8; k++)
        assert_true(now.segments[0].probabilities[k] >= 0 && now.segments[0].probabilities[k] <= 1);
    }
    memcpy(profile + at, original, 8);
  }
  emovox_speaker_destroy(speaker);
}

/* Evidence may be as large as it is allowed to be: what it makes can be saved and restored. */
static void the_most_extreme_evidence_makes_a_profile(void **state) {
  const fixture *f = *state;
  uint8_t profile[PROFILE];
  emovox_speaker *speaker = new_speaker(f);
  emovox_segment segment = {.end = 4, .label = EMOVOX_UNCERTAIN};
  for (size_t i = 0; i < EMOVOX_MAX_EVIDENCE; i++)
    segment.evidence[i] = i % 2 ? 1e6F : -1e6F;
  assert_int_equal(emovox_speaker_hear(speaker, &segment, 1, 0), EMOVOX_OK);
  save(speaker, profile);
  assert_int_equal(emovox_speaker_restore(speaker, profile, PROFILE), EMOVOX_OK);
  session s = {.segments = {segment}, .count = 1};
  s = judged(f, speaker, NULL, &s);
  float sum = 0;
  for (int k = 0; k < EMOVOX_MAX_LABELS; k++)
    sum += s.segments[0].probabilities[k];
  assert_float_equal(sum, 1, 1e-5F);
  emovox_speaker_destroy(speaker);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(strangers_become_acquainted),      cmocka_unit_test(enrolling_adapts_at_once),
      cmocka_unit_test(silence_teaches_nothing),          cmocka_unit_test(what_a_cancelled_recording_taught_stays),
      cmocka_unit_test(recordings_are_timed_apart),       cmocka_unit_test(segments_teach_what_an_analyzer_does),
      cmocka_unit_test(what_overlaps_counts_once),        cmocka_unit_test(a_recording_may_come_in_any_pieces),
      cmocka_unit_test(belief_grows_while_it_listens),    cmocka_unit_test(the_order_of_recordings_does_not_matter),
      cmocka_unit_test(judging_leaves_no_trace),          cmocka_unit_test(old_segments_are_condensed),
      cmocka_unit_test(refuses_other_models_and_null),    cmocka_unit_test(impossible_segments_teach_nothing),
      cmocka_unit_test(a_profile_brings_everything_back), cmocka_unit_test(who_is_restored_is_judged_as_before),
      cmocka_unit_test(damaged_profiles_are_refused),     cmocka_unit_test(profiles_of_other_versions_are_refused),
      cmocka_unit_test(impossible_values_are_refused),    cmocka_unit_test(the_most_extreme_evidence_makes_a_profile),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
