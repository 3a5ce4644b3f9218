/* Configurations that are drawn at random: what emovox.h promises of every analysis holds for all of them, and how the
 * audio is cut into calls makes no difference. EMOVOX_SEED and EMOVOX_CONFIGURATIONS, in the environment, draw others
 * and more. Prints a line of JSON for each, which `npm run compilers` compares.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testing.h"

enum { MODELS = 3, MAX_SEGMENTS = 64, MAX_SAMPLES = 3 << 20, LONGEST = 12 };

static uint32_t state;

/* 0 .. below - 1 */
static uint32_t draw(uint32_t below) {
  state = state * 1664525u + 1013904223u;
  return (uint32_t)((uint64_t)state * below >> 32);
}

/* least .. most */
static double draw_between(double least, double most) {
  return least + (most - least) * draw(1 << 20) / (1 << 20);
}

static uint32_t setting(const char *name, uint32_t otherwise) {
  const char *text = getenv(name);
  return text ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

/* ---- a configuration, and what it gives ---- */

typedef struct configuration {
  const emovox_model *model;
  emovox_config config;
  int knows_speaker;
  double sequence, hop; /* s, in use */
  float *samples;       /* (frames, channels) */
  size_t frames, longest_push;
} configuration;

typedef struct results {
  emovox_segment segments[MAX_SEGMENTS];
  size_t count;
  emovox_status status;
  emovox_summary summary;
  double known, weight; /* of the speaker */
} results;

/* Speech at another rate, in channels of other levels, again and again, with a second of silence between. */
static float *audio(const array *speech, const configuration *c) {
  const uint32_t rate = c->config.sample_rate, channels = c->config.channels;
  float *out = malloc(c->frames * channels * sizeof(float)), level[EMOVOX_MAX_CHANNELS];
  assert_non_null(out);
  for (uint32_t k = 0; k < channels; k++)
    level[k] = (float)draw_between(0.05, 1);
  for (size_t i = 0; i < c->frames; i++) {
    double at = fmod((double)i * 16000 / rate, (double)(speech->count + 16000));
    size_t before = (size_t)at;
    float x = 0, part = (float)(at - (double)before);
    if (before + 1 < speech->count) x = speech->data[before] * (1 - part) + speech->data[before + 1] * part;
    for (uint32_t k = 0; k < channels; k++)
      out[i * channels + k] = level[k] * x;
  }
  return out;
}

/* Weights of any size, some of them 0. */
static void draw_prior(const configuration *c, float *prior) {
  emovox_even_prior(c->model, prior);
  for (int k = 1; k < emovox_label_count(c->model); k += 2)
    prior[k] = draw(3) ? (float)draw_between(0, 10) : 0;
}

static configuration draw_configuration(emovox_model *const models[MODELS], const array *speech) {
  static const uint32_t rates[] = {8000, 16000, 22050, 44100, 48000, 96000, 192000};
  configuration c = {.model = models[draw(MODELS)], .config = emovox_config_default()};
  emovox_config *config = &c.config;
  config->sample_rate = draw(2) ? rates[draw(7)] : EMOVOX_MIN_SAMPLE_RATE + draw(184001);
  config->channels = draw(2) ? 1 : 1 + draw(EMOVOX_MAX_CHANNELS);
  c.sequence = emovox_sequence_seconds(c.model);
  if (draw(2)) config->hop_seconds = draw_between(EMOVOX_MIN_HOP_SECONDS, c.sequence);
  c.hop = config->hop_seconds > 0 ? round(config->hop_seconds * 100) / 100 : emovox_hop_seconds(c.model);
  if (draw(2)) config->judging.threshold = (float)draw_between(0, 1);
  if (draw(2)) draw_prior(&c, config->judging.prior);
  while (draw(2))
    config->judging.labels |= 3U << draw((uint32_t)emovox_label_count(c.model) - 1);
  c.knows_speaker = draw(2) != 0;
  config->enroll = c.knows_speaker && draw(2);
  c.longest_push = draw(2) ? 1 + draw(400) : 1 + draw(100000);
  double most = fmin(LONGEST, MAX_SAMPLES / (double)config->channels / config->sample_rate);
  c.frames = (size_t)(draw_between(0.1, most) * config->sample_rate);
  c.samples = audio(speech, &c);
  return c;
}

static void on_segment(const emovox_segment *segment, void *user) {
  results *r = user;
  assert_true(r->count < MAX_SEGMENTS);
  float salience = 0;
  for (size_t k = 0; k < segment->salience_count; k++)
    salience += segment->salience[k];
  assert_float_equal(salience, segment->label == EMOVOX_NO_SPEECH ? 0 : 1, 1e-4);
  r->segments[r->count] = *segment;
  r->segments[r->count++].salience = NULL; /* it is gone soon */
}

static results analyze(const configuration *c, int cut) {
  results r = {0};
  emovox_config config = c->config;
  config.on_segment = on_segment;
  config.user = &r;
  if (c->knows_speaker) assert_int_equal(emovox_speaker_create(c->model, &config.judging.speaker), EMOVOX_OK);
  emovox_analyzer *analyzer = NULL;
  assert_int_equal(emovox_analyzer_create(c->model, &config, &analyzer), EMOVOX_OK);
  for (size_t at = 0; at < c->frames;) {
    size_t n = cut ? 1 + draw((uint32_t)c->longest_push) : c->frames;
    if (n > c->frames - at) n = c->frames - at;
    assert_int_equal(emovox_push(analyzer, c->samples + at * config.channels, n), EMOVOX_OK);
    at += n;
  }
  r.status = emovox_finish(analyzer, &r.summary);
  emovox_analyzer_destroy(analyzer);
  if (config.judging.speaker) {
    r.known = emovox_speaker_seconds(config.judging.speaker);
    r.weight = emovox_speaker_weight(config.judging.speaker);
  }
  emovox_speaker_destroy(config.judging.speaker);
  return r;
}

/* ---- what has to hold ---- */

/* How many segments there have to be, as emovox.h has it: a full one every hop, and another for what is left at the end
 * if that is a quarter of it. */
static size_t expected_segments(const configuration *c) {
  size_t samples = (size_t)round((double)c->frames * 16000 / c->config.sample_rate), frames = 1 + samples / 160;
  size_t sequence = (size_t)round(c->sequence * 100), hop = (size_t)round(c->hop * 100);
  if (frames <= sequence) return 1;
  size_t left = (frames - sequence) % hop;
  return 1 + (frames - sequence) / hop + (left && 4 * left >= hop);
}

static float sum_of(const float *values, int n) {
  float sum = 0;
  for (int k = 0; k < n; k++)
    sum += values[k];
  return sum;
}

static void check_segment(const configuration *c, const emovox_segment *s, double expected_start) {
  int labels = emovox_label_count(c->model);
  float threshold = c->config.judging.threshold < 0 ? emovox_threshold(c->model) : c->config.judging.threshold,
        most = 0;
  if (expected_start >= 0) assert_float_equal(s->start, expected_start, 1e-9);
  assert_true(s->start >= 0 && s->start < s->end && s->end - s->start <= c->sequence + 1e-9);
  assert_true(s->end <= (double)c->frames / c->config.sample_rate + 1e-9);
  assert_true(s->speech_ratio >= 0 && s->speech_ratio <= 1);
  assert_true(s->intensity >= 0 && s->intensity <= 1);
  assert_true(fabsf(s->valence) <= 1 && fabsf(s->arousal) <= 1);
  assert_float_equal(sum_of(s->probabilities, labels), s->label == EMOVOX_NO_SPEECH ? 0 : 1, 1e-5);
  const emovox_judging *judging = &c->config.judging;
  for (int k = 0; k < labels; k++) {
    int allowed = !judging->labels || judging->labels >> k & 1;
    if (!allowed || (judging->prior[0] > 0 && judging->prior[k] <= 0)) assert_float_equal(s->probabilities[k], 0, 0);
    most = fmaxf(most, s->probabilities[k]);
  }
  assert_float_equal(s->probability, most, 0);
  if (s->label == EMOVOX_NO_SPEECH) return;
  assert_int_equal(s->label == EMOVOX_UNCERTAIN, most < threshold);
  if (s->label >= 0) assert_float_equal(s->probabilities[s->label], most, 0);
}

/* Nothing but evidence, and what is known of the speaker, is judged: doing so again gives the same. */
static void check_judgement(const configuration *c, const results *r) {
  emovox_segment segments[MAX_SEGMENTS];
  emovox_summary summary;
  memcpy(segments, r->segments, sizeof segments);
  for (size_t i = 0; i < r->count; i++)
    if (segments[i].label != EMOVOX_NO_SPEECH)
      segments[i].probability = segments[i].valence = segments[i].arousal = segments[i].probabilities[0] = -2;
  assert_int_equal(emovox_judge(c->model, &c->config.judging, segments, r->count), EMOVOX_OK);
  assert_int_equal(emovox_summarize(c->model, segments, r->count, r->summary.duration, &summary), EMOVOX_OK);
  if (c->knows_speaker) return; /* who has become known since */
  assert_memory_equal(segments, r->segments, sizeof segments);
  assert_memory_equal(&summary, &r->summary, offsetof(emovox_summary, arousal) + sizeof(float));
}

static void check(const configuration *c, const results *r) {
  const emovox_summary *s = &r->summary;
  int labels = emovox_label_count(c->model);
  double duration = (double)c->frames / c->config.sample_rate;
  if (r->status) { /* the shortest recording has to be within a frame of log-mel of what is said */
    assert_int_equal(r->status, EMOVOX_ERROR_TOO_SHORT);
    assert_true(duration < emovox_min_seconds(c->model) + 0.01);
    return;
  }
  assert_true(duration > emovox_min_seconds(c->model) - 0.01);
  assert_float_equal(s->duration, duration, 1e-9);
  assert_int_equal(r->count, expected_segments(c));
  assert_int_equal(s->segments, r->count);
  uint32_t votes[EMOVOX_MAX_LABELS] = {0}, uncertain = 0, voting = 0, all = 0, most = 0;
  float probabilities[EMOVOX_MAX_LABELS] = {0};
  for (size_t i = 0; i < r->count; i++) {
    const emovox_segment *g = &r->segments[i];
    check_segment(c, g, i + 1 < r->count || i == 0 ? (double)i * c->hop : -1);
    if (i) assert_true(g->start > r->segments[i - 1].start && g->start <= (double)i * c->hop + 1e-9);
    if (g->label == EMOVOX_NO_SPEECH) continue;
    voting++;
    if (g->label == EMOVOX_UNCERTAIN)
      uncertain++;
    else
      votes[g->label]++;
    for (int k = 0; k < labels; k++)
      probabilities[k] += g->probabilities[k];
  }
  assert_int_equal(s->voting, voting);
  assert_int_equal(s->uncertain, uncertain);
  assert_memory_equal(s->votes, votes, sizeof votes);
  for (int k = 0; k < labels; k++) {
    all += votes[k];
    if (votes[k] > most) most = votes[k];
    probabilities[k] /= (float)(voting ? voting : 1);
  }
  assert_int_equal(all + uncertain, voting);
  testing_assert_close(s->probabilities, probabilities, (size_t)labels, 1e-5f);
  if (!voting) {
    assert_int_equal(s->label, EMOVOX_NO_SPEECH);
    assert_float_equal(s->agreement, 0, 0);
    return;
  }
  float largest = 0;
  for (int k = 0; k < labels; k++)
    largest = fmaxf(largest, s->probabilities[k]);
  assert_float_equal(s->probability, s->label == EMOVOX_UNCERTAIN ? largest : s->probabilities[s->label], 0);
  check_judgement(c, r);
  uint32_t winners = s->label == EMOVOX_UNCERTAIN ? uncertain : votes[s->label];
  assert_int_equal(winners, most > uncertain ? most : uncertain);
  assert_float_equal(s->agreement, (float)winners / (float)voting, 1e-6);
  assert_true(r->weight >= 0 && r->weight < 1 && r->known <= duration + 1e-9);
  assert_true(!c->config.enroll || r->weight > 0);
}

static void assert_same(const results *a, const results *b) {
  assert_int_equal(a->status, b->status);
  assert_int_equal(a->count, b->count);
  assert_memory_equal(a->segments, b->segments, sizeof a->segments);
  if (!a->status) assert_memory_equal(&a->summary, &b->summary, offsetof(emovox_summary, arousal) + sizeof(float));
  assert_float_equal(a->known, b->known, 0);
  assert_float_equal(a->weight, b->weight, 0);
}

static void print(uint32_t number, const configuration *c, const results *r) {
  const emovox_config *config = &c->config;
  printf(
      "{\"configuration\":%u,\"model\":\"%s\",\"rate\":%u,\"channels\":%u,\"hop\":%.2f,\"threshold\":%.6f,"
      "\"labels\":%u,\"speaker\":%d,\"enroll\":%d,\"frames\":%zu,\"status\":%d,\"label\":%d,\"weight\":%.9g,"
      "\"segments\":[",
      number, emovox_model_name(c->model), config->sample_rate, config->channels, c->hop,
      (double)config->judging.threshold, config->judging.labels, c->knows_speaker, config->enroll, c->frames,
      (int)r->status, r->summary.label, r->weight);
  for (size_t i = 0; i < r->count; i++) {
    const emovox_segment *s = &r->segments[i];
    printf("%s{\"start\":%.9g,\"end\":%.9g,\"label\":%d,\"intensity\":%.9g,\"speech_ratio\":%.9g,\"probabilities\":[",
           i ? "," : "", s->start, s->end, s->label, (double)s->intensity, (double)s->speech_ratio);
    for (int k = 0; k < emovox_label_count(c->model); k++)
      printf("%s%.9g", k ? "," : "", (double)s->probabilities[k]);
    printf("]}");
  }
  printf("]}\n");
}

static void any_configuration_keeps_the_promises(void **unused) {
  (void)unused;
  static const char *const paths[MODELS] = {TESTING_SMALL, TESTING_TINY, "model/emovox-large.safetensors"};
  emovox_model *models[MODELS];
  for (int i = 0; i < MODELS; i++)
    models[i] = testing_model(paths[i]);
  uint32_t rate, seed = setting("EMOVOX_SEED", 1), count = setting("EMOVOX_CONFIGURATIONS", 20), verdicts = 0;
  array speech = testing_audio(TESTING_SPEECH, &rate);
  assert_int_equal(rate, 16000);
  state = seed;
  for (uint32_t i = 0; i < count; i++) {
    configuration c = draw_configuration(models, &speech);
    results whole = analyze(&c, 0), parts = analyze(&c, 1);
    print(i, &c, &whole); /* before the checks: what fails is the last that was printed */
    fflush(stdout);
    check(&c, &whole);
    verdicts += whole.summary.voting;
    assert_same(&parts, &whole);
    free(c.samples);
  }
  assert_true(verdicts >= count / 4); /* or little was tried */
  free(speech.data);
  for (int i = 0; i < MODELS; i++)
    emovox_model_destroy(models[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(any_configuration_keeps_the_promises)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
