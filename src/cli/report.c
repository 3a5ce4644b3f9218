/* A report on one recording, for people or as a line of JSON.
 * SPDX-License-Identifier: MIT */
#include <cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

void *grown(void *items, size_t count, size_t *capacity, size_t item_size) {
  if (count < *capacity) return items;
  size_t wanted = *capacity ? 2 * *capacity : 16;
  void *moved = realloc(items, wanted * item_size);
  if (moved) *capacity = wanted;
  return moved;
}

void report_add(report *self, const emovox_segment *segment) {
  size_t size = self->salience_seconds > 0 ? segment->salience_count * sizeof(float) : 0;
  float *salience = size ? malloc(size) : NULL;
  emovox_segment *segments = grown(self->segments, self->count, &self->capacity, sizeof *segments);
  if (segments) self->segments = segments;
  if (!segments || (size && !salience)) {
    cli_fail_status(&self->error, EMOVOX_ERROR_MEMORY);
    free(salience);
    return;
  }
  if (salience) memcpy(salience, segment->salience, size);
  segments[self->count] = *segment;
  segments[self->count++].salience = salience;
}

void report_clear(report *self) {
  for (size_t i = 0; i < self->count; i++)
    free((float *)self->segments[i].salience); /* ours: a copy */
  free(self->segments);
  free(self->owned);
}

void report_judge(report *self, const emovox_model *model, const emovox_judging *judging) {
  emovox_status status = emovox_judge(model, judging, self->segments, self->count);
  if (!status) status = emovox_summarize(model, self->segments, self->count, self->duration, &self->summary);
  if (status) cli_fail_status(&self->error, status);
}

/* ---- JSON ---- */

/* Where the next item goes. Without memory, `whole` becomes 0. */
typedef struct place {
  cJSON *object;
  int *whole;
} place;

static void add(place at, const char *key, cJSON *item) {
  if (cJSON_IsArray(at.object) ? cJSON_AddItemToArray(at.object, item) : cJSON_AddItemToObject(at.object, key, item))
    return;
  cJSON_Delete(item);
  *at.whole = 0;
}

static void add_text(place at, const char *key, const char *text) {
  add(at, key, cJSON_CreateString(text));
}

static double rounded(double value) {
  return round(value * 1e6) / 1e6;
}

static void add_number(place at, const char *key, double value) {
  add(at, key, cJSON_CreateNumber(rounded(value)));
}

/* As many digits as bring the float back. */
static void add_exactly(place at, const char *key, float value) {
  char text[32];
  snprintf(text, sizeof text, "%.9g", (double)value);
  add(at, key, cJSON_CreateRaw(text));
}

static place add_object(place at, const char *key) {
  place inner = {cJSON_CreateObject(), at.whole};
  add(at, key, inner.object);
  return *at.whole ? inner : at; /* where it does not matter any more */
}

static place add_array(place at, const char *key) {
  place inner = {cJSON_CreateArray(), at.whole};
  add(at, key, inner.object);
  return *at.whole ? inner : at;
}

static void add_per_label(place at, const char *key, const emovox_model *model, const float *values) {
  place map = add_object(at, key);
  for (int k = 0; k < emovox_label_count(model); k++)
    add_number(map, emovox_label(model, k), (double)values[k]);
}

static void add_votes(place at, const emovox_model *model, const emovox_summary *s) {
  place votes = add_object(at, "votes");
  for (int k = 0; k < emovox_label_count(model); k++)
    add_number(votes, emovox_label(model, k), s->votes[k]);
  add_number(votes, emovox_label(model, EMOVOX_UNCERTAIN), s->uncertain);
}

/* Intensity, and what follows from the probabilities. */
static void add_dimensions(place at, float intensity, float valence, float arousal) {
  add_number(at, "intensity", (double)intensity);
  place derived = add_object(at, "derived");
  add_number(derived, "valence", (double)valence);
  add_number(derived, "arousal", (double)arousal);
}

/* What the speaker is known by. */
static void add_adaptation(place at, const emovox_speaker *speaker) {
  place adaptation = add_object(at, "adaptation");
  add_number(adaptation, "seconds", emovox_speaker_seconds(speaker));
  add_number(adaptation, "weight", emovox_speaker_weight(speaker));
}

static void add_segment(place at, const emovox_model *model, const report *r, const emovox_segment *g, int evidence) {
  place segment = add_object(at, NULL);
  add_number(segment, "start", g->start);
  add_number(segment, "end", g->end);
  add_text(segment, "label", emovox_label(model, g->label));
  add_number(segment, "probability", (double)g->probability);
  add_number(segment, "speech_ratio", (double)g->speech_ratio);
  add_per_label(segment, "probabilities", model, g->probabilities);
  add_dimensions(segment, g->intensity, g->valence, g->arousal);
  if (r->salience_seconds > 0) {
    place salience = add_array(segment, "salience");
    for (size_t k = 0; k < g->salience_count; k++)
      add_number(salience, NULL, (double)g->salience[k]);
  }
  if (evidence && g->label != EMOVOX_NO_SPEECH) {
    place numbers = add_array(segment, "evidence");
    for (size_t k = 0; k < emovox_evidence_count(model); k++)
      add_exactly(numbers, NULL, g->evidence[k]);
  }
}

static void add_error(place at, const cli_error *failure) {
  place error = add_object(at, "error");
  add_text(error, "code", failure->code);
  add_text(error, "message", failure->message);
}

static void add_verdict(place at, const report *r, const emovox_model *model, const emovox_judging *judging,
                        int evidence) {
  const emovox_summary *s = &r->summary;
  char text[128];
  snprintf(text, sizeof text, "%s %s", emovox_model_name(model), emovox_model_version(model));
  add_text(at, "model", text);
  add_number(at, "duration", r->duration);
  add_text(at, "emotion", emovox_label(model, s->label));
  add_number(at, "agreement", (double)s->agreement);
  add_number(at, "confidence", (double)s->agreement); /* its other name */
  add_number(at, "probability", (double)s->probability);
  add_votes(at, model, s);
  add_per_label(at, "probabilities", model, s->probabilities);
  add_dimensions(at, r->intensity, s->valence, s->arousal);
  add_number(at, "speech_ratio", (double)r->speech_ratio);
  add_per_label(at, "prior", model, judging->prior);
  if (judging->speaker) add_adaptation(at, judging->speaker);
  if (evidence) {
    snprintf(text, sizeof text, "%016" PRIx64, emovox_fingerprint(model));
    add_text(add_object(at, "evidence"), "model", text);
  }
  if (r->salience_seconds > 0) add_number(at, "salience_seconds", r->salience_seconds);
  place segments = add_array(at, "segments");
  for (size_t i = 0; i < r->count; i++)
    add_segment(segments, model, r, &r->segments[i], evidence);
}

static int print_json(const report *r, const emovox_model *model, const emovox_judging *judging, int evidence) {
  int whole = 1;
  place root = {cJSON_CreateObject(), &whole};
  add_text(root, "file", r->file);
  if (r->error.code)
    add_error(root, &r->error);
  else
    add_verdict(root, r, model, judging, evidence);
  char *text = whole ? cJSON_PrintUnformatted(root.object) : NULL;
  if (text)
    puts(text);
  else
    fprintf(stderr, "%s: %s\n", r->file, emovox_strerror(EMOVOX_ERROR_MEMORY));
  cJSON_free(text);
  cJSON_Delete(root.object);
  return text != NULL;
}

/* ---- text ---- */

static void print_time(double seconds) {
  int whole = (int)seconds;
  printf("%2d:%04.1f", whole / 60, seconds - whole / 60 * 60);
}

static void print_text(const report *r, const emovox_model *model, const emovox_speaker *speaker) {
  if (r->error.code) {
    fprintf(stderr, "%s: %s\n", r->file, r->error.message);
    return;
  }
  const emovox_summary *s = &r->summary;
  printf("%s  (%.1f s)\n  %s", r->file, r->duration, emovox_label(model, s->label));
  if (s->voting)
    printf(", probability %.0f %%, agreement %.0f %%: %u segment%s voted", 100 * (double)s->probability,
           100 * (double)s->agreement, s->voting, s->voting == 1 ? "" : "s");
  printf("\n");
  if (s->voting) printf("  intensity %.0f %%\n", 100 * (double)r->intensity);
  if (speaker)
    printf("  %.1f s of the speaker known, verdicts adapted by %.0f %%\n", emovox_speaker_seconds(speaker),
           100 * emovox_speaker_weight(speaker));
  if (s->voting) printf("\n  %-12s %6s  %s\n", "emotion", "votes", "mean probability");
  for (int k = 0; s->voting && k < emovox_label_count(model); k++)
    printf("  %-12s %6u  %3.0f %%\n", emovox_label(model, k), s->votes[k], 100 * (double)s->probabilities[k]);
  if (s->uncertain) printf("  %-12s %6u\n", emovox_label(model, EMOVOX_UNCERTAIN), s->uncertain);
  printf("\n");
  for (size_t i = 0; i < r->count; i++) {
    const emovox_segment *g = &r->segments[i];
    printf("  ");
    print_time(g->start);
    printf(" -");
    print_time(g->end);
    printf("  %-10s", emovox_label(model, g->label));
    if (g->label != EMOVOX_NO_SPEECH) printf(" %3.0f %%", 100 * (double)g->probability);
    printf("\n");
  }
  printf("\n");
}

int report_print(const report *self, const emovox_model *model, const emovox_judging *judging, const options *how) {
  int whole = 1;
  if (how->json)
    whole = print_json(self, model, judging, how->evidence);
  else
    print_text(self, model, judging->speaker);
  fflush(stdout);
  return whole;
}
