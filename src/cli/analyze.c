/* `emovox analyze`: verdicts on recordings, for people or as JSON lines.
 * SPDX-License-Identifier: MIT */
#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* What one file gave. */
typedef struct report {
  int salience;             /* keep that of the segments, too */
  emovox_segment *segments; /* with salience of their own, or without */
  size_t count, capacity;
  emovox_summary summary;
  cli_error error;
} report;

/* ---- analysis ---- */

/* Makes room for another segment. Returns whether there is memory for it. */
static int grow(report *r) {
  if (r->count < r->capacity) return 1;
  size_t capacity = r->capacity ? 2 * r->capacity : 64;
  emovox_segment *grown = realloc(r->segments, capacity * sizeof *grown);
  if (!grown) return 0;
  r->segments = grown;
  r->capacity = capacity;
  return 1;
}

static void on_segment(const emovox_segment *segment, void *user) {
  report *r = user;
  size_t size = segment->salience_count * sizeof(float);
  float *salience = r->salience && size ? malloc(size) : NULL;
  if (!grow(r) || (r->salience && size && !salience)) {
    cli_fail_status(&r->error, EMOVOX_ERROR_MEMORY);
    free(salience);
    return;
  }
  if (salience) memcpy(salience, segment->salience, size);
  r->segments[r->count] = *segment;
  r->segments[r->count++].salience = salience;
}

static void clear(report *r) {
  for (size_t i = 0; i < r->count; i++)
    free((float *)r->segments[i].salience); /* ours: a copy */
  free(r->segments);
}

static void analyze(const emovox_model *model, const char *path, emovox_config config, report *r) {
  config.on_segment = on_segment;
  config.user = r;
  session_hear(model, path, config, &r->summary, &r->error);
}

/* ---- JSON ---- */

static double rounded(double value) {
  return round(value * 1e6) / 1e6;
}

static void add_number(cJSON *object, const char *key, double value) {
  cJSON_AddNumberToObject(object, key, rounded(value));
}

static void add_probabilities(cJSON *object, const emovox_model *model, const float *probabilities) {
  cJSON *map = cJSON_AddObjectToObject(object, "probabilities");
  for (int k = 0; k < emovox_label_count(model); k++)
    add_number(map, emovox_label(model, k), (double)probabilities[k]);
}

/* Intensity, and what follows from the probabilities. */
static void add_dimensions(cJSON *object, float intensity, float valence, float arousal) {
  add_number(object, "intensity", (double)intensity);
  cJSON *derived = cJSON_AddObjectToObject(object, "derived");
  add_number(derived, "valence", (double)valence);
  add_number(derived, "arousal", (double)arousal);
}

static void add_salience(cJSON *object, const emovox_segment *segment) {
  cJSON *array = cJSON_AddArrayToObject(object, "salience");
  for (size_t k = 0; segment->salience && k < segment->salience_count; k++)
    cJSON_AddItemToArray(array, cJSON_CreateNumber(rounded((double)segment->salience[k])));
}

/* What the speaker is known by after the recording. */
static void add_adaptation(cJSON *object, const emovox_speaker *speaker) {
  cJSON *adaptation = cJSON_AddObjectToObject(object, "adaptation");
  add_number(adaptation, "seconds", emovox_speaker_seconds(speaker));
  add_number(adaptation, "weight", emovox_speaker_weight(speaker));
}

static cJSON *to_json(const emovox_model *model, const char *path, const emovox_speaker *speaker, const report *r) {
  cJSON *root = cJSON_CreateObject();
  cJSON_AddStringToObject(root, "file", path);
  if (r->error.code) {
    cJSON *error = cJSON_AddObjectToObject(root, "error");
    cJSON_AddStringToObject(error, "code", r->error.code);
    cJSON_AddStringToObject(error, "message", r->error.message);
    return root;
  }
  const emovox_summary *s = &r->summary;
  char name[128];
  snprintf(name, sizeof name, "%s %s", emovox_model_name(model), emovox_model_version(model));
  cJSON_AddStringToObject(root, "model", name);
  add_number(root, "duration", s->duration);
  cJSON_AddStringToObject(root, "emotion", emovox_label(model, s->label));
  add_number(root, "confidence", (double)s->confidence);
  cJSON *votes = cJSON_AddObjectToObject(root, "votes");
  for (int k = 0; k < emovox_label_count(model); k++)
    cJSON_AddNumberToObject(votes, emovox_label(model, k), s->votes[k]);
  cJSON_AddNumberToObject(votes, emovox_label(model, EMOVOX_UNCERTAIN), s->uncertain);
  add_probabilities(root, model, s->probabilities);
  add_dimensions(root, s->intensity, s->valence, s->arousal);
  add_number(root, "speech_ratio", (double)s->speech_ratio);
  if (speaker) add_adaptation(root, speaker);
  if (r->salience) add_number(root, "salience_seconds", emovox_salience_seconds(model));
  cJSON *segments = cJSON_AddArrayToObject(root, "segments");
  for (size_t i = 0; i < r->count; i++) {
    const emovox_segment *g = &r->segments[i];
    cJSON *segment = cJSON_CreateObject();
    add_number(segment, "start", g->start);
    add_number(segment, "end", g->end);
    cJSON_AddStringToObject(segment, "label", emovox_label(model, g->label));
    add_number(segment, "confidence", (double)g->confidence);
    add_number(segment, "speech_ratio", (double)g->speech_ratio);
    add_probabilities(segment, model, g->probabilities);
    add_dimensions(segment, g->intensity, g->valence, g->arousal);
    if (r->salience) add_salience(segment, g);
    cJSON_AddItemToArray(segments, segment);
  }
  return root;
}

static int print_json(const emovox_model *model, const char *path, const emovox_speaker *speaker, const report *r) {
  cJSON *json = to_json(model, path, speaker, r);
  char *text = cJSON_PrintUnformatted(json);
  if (text)
    puts(text);
  else
    fprintf(stderr, "%s: %s\n", path, emovox_strerror(EMOVOX_ERROR_MEMORY));
  cJSON_free(text);
  cJSON_Delete(json);
  return text != NULL;
}

/* ---- text ---- */

static void print_time(double seconds) {
  int whole = (int)seconds;
  printf("%2d:%04.1f", whole / 60, seconds - whole / 60 * 60);
}

static void print_text(const emovox_model *model, const char *path, const emovox_speaker *speaker, const report *r) {
  if (r->error.code) {
    fprintf(stderr, "%s: %s\n", path, r->error.message);
    return;
  }
  const emovox_summary *s = &r->summary;
  printf("%s  (%.1f s)\n  %s", path, s->duration, emovox_label(model, s->label));
  if (s->voting)
    printf(", confidence %.0f %%: %u segment%s voted", 100 * (double)s->confidence, s->voting,
           s->voting == 1 ? "" : "s");
  printf("\n");
  if (s->voting) printf("  intensity %.0f %%\n", 100 * (double)s->intensity);
  if (speaker)
    printf("  %.1f s of the speaker known, the next verdict adapted by %.0f %%\n", emovox_speaker_seconds(speaker),
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
    if (g->label != EMOVOX_NO_SPEECH) printf(" %3.0f %%", 100 * (double)g->confidence);
    printf("\n");
  }
  printf("\n");
}

/* One file after the other, with `config`. Returns the number of those that fail. */
static int analyze_all(const emovox_model *model, const emovox_config *config, int files, char **paths, int json,
                       int salience) {
  const emovox_speaker *speaker = config->speaker;
  int failures = 0;
  for (int i = 0; i < files; i++) {
    report r = {.salience = json && salience};
    analyze(model, paths[i], *config, &r);
    if (r.error.code) failures++;
    if (json) {
      if (!print_json(model, paths[i], speaker, &r)) failures++;
    } else {
      print_text(model, paths[i], speaker, &r);
    }
    fflush(stdout);
    clear(&r);
  }
  return failures;
}

/* Reads a number within a range. Returns whether it is one; what is wrong is printed. */
static int read_number(const char *option, const char *text, double least, double most, double *out) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end || !(value >= least && value <= most)) {
    fprintf(stderr, "emovox analyze: %s %s: use a number from %g to %g (see emovox --help)\n", option, text, least,
            most);
    return 0;
  }
  *out = value;
  return 1;
}

int analyze_main(int argc, char **argv) {
  const char *model_name = "small", *profile = NULL, *hop = NULL, *threshold = NULL;
  int json = 0, salience = 0, same_speaker = 0, files = 0;
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "--json") == 0)
      json = 1;
    else if (strcmp(argv[i], "--salience") == 0)
      salience = 1;
    else if (strcmp(argv[i], "--same-speaker") == 0)
      same_speaker = 1;
    else if (strcmp(argv[i], "--speaker") == 0 && i + 1 < argc)
      profile = argv[++i];
    else if (strcmp(argv[i], "--model") == 0 && i + 1 < argc)
      model_name = argv[++i];
    else if (strcmp(argv[i], "--hop") == 0 && i + 1 < argc)
      hop = argv[++i];
    else if (strcmp(argv[i], "--threshold") == 0 && i + 1 < argc)
      threshold = argv[++i];
    else if (argv[i][0] == '-' && argv[i][1])
      return fprintf(stderr, "emovox analyze: unknown option '%s' (see emovox --help)\n", argv[i]), 2;
    else
      argv[files++] = argv[i];
  }
  if (!files) return fputs("usage: emovox analyze [OPTION...] FILE... (see emovox --help)\n", stderr), 2;
  emovox_model *model = session_model(model_name);
  if (!model) return 1;
  emovox_config config = emovox_config_default();
  double number = (double)config.threshold;
  if ((hop &&
       !read_number("--hop", hop, EMOVOX_MIN_HOP_SECONDS, emovox_sequence_seconds(model), &config.hop_seconds)) ||
      (threshold && !read_number("--threshold", threshold, 0, 1, &number))) {
    emovox_model_destroy(model);
    return 2;
  }
  config.threshold = (float)number;
  int adapt = same_speaker || profile, failures = 1;
  config.speaker = adapt ? session_speaker(model, profile) : NULL;
  if (config.speaker || !adapt) {
    failures = analyze_all(model, &config, files, argv, json, salience);
    if (profile && !session_save(config.speaker, profile)) failures++;
  }
  emovox_speaker_destroy(config.speaker);
  emovox_model_destroy(model);
  return failures ? 1 : 0;
}
