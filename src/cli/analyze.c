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

/* ---- model ---- */

static const char *model_path(const char *model, char *buffer, size_t size) {
  if (strchr(model, '/') || strchr(model, '.')) return model;
  const char *folder = getenv("EMOVOX_MODEL_DIR");
  snprintf(buffer, size, "%s/emovox-%s.safetensors", folder && *folder ? folder : EMOVOX_MODEL_DIR, model);
  return buffer;
}

static emovox_model *load_model(const char *name) {
  char buffer[4096];
  const char *path = model_path(name, buffer, sizeof buffer);
  emovox_model *model = NULL;
  FILE *file = fopen(path, "rb");
  long size = -1;
  if (file && fseek(file, 0, SEEK_END) == 0) size = ftell(file);
  void *bytes = size >= 0 ? malloc((size_t)size + 1) : NULL;
  if (!bytes || fseek(file, 0, SEEK_SET) || fread(bytes, 1, (size_t)size, file) != (size_t)size) {
    fprintf(stderr, "emovox: cannot read the model %s\n", path);
  } else {
    emovox_status status = emovox_model_create(bytes, (size_t)size, &model);
    if (status) fprintf(stderr, "emovox: %s: %s\n", path, emovox_strerror(status));
  }
  free(bytes);
  if (file) fclose(file);
  return model;
}

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

static void analyze(const emovox_model *model, const char *path, report *r) {
  emovox_config config = emovox_config_default();
  config.on_segment = on_segment;
  config.user = r;
  audio *file = audio_open(path, &config.sample_rate, &config.channels, &r->error);
  if (!file) return;
  emovox_analyzer *analyzer = NULL;
  emovox_status status = emovox_analyzer_create(model, &config, &analyzer);
  const float *samples;
  size_t frames;
  while (!status && (frames = audio_read(file, &samples, &r->error)))
    status = emovox_push(analyzer, samples, frames);
  if (!status && !r->error.code) status = emovox_finish(analyzer, &r->summary);
  if (status) cli_fail_status(&r->error, status);
  emovox_analyzer_destroy(analyzer);
  audio_close(file);
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

static cJSON *to_json(const emovox_model *model, const char *path, const report *r) {
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

static int print_json(const emovox_model *model, const char *path, const report *r) {
  cJSON *json = to_json(model, path, r);
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

static void print_text(const emovox_model *model, const char *path, const report *r) {
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

int analyze_main(int argc, char **argv) {
  const char *model_name = "small";
  int json = 0, salience = 0, files = 0, failures = 0;
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "--json") == 0)
      json = 1;
    else if (strcmp(argv[i], "--salience") == 0)
      salience = 1;
    else if (strcmp(argv[i], "--model") == 0 && i + 1 < argc)
      model_name = argv[++i];
    else if (argv[i][0] == '-' && argv[i][1])
      return fprintf(stderr, "emovox analyze: unknown option '%s' (see emovox --help)\n", argv[i]), 2;
    else
      argv[files++] = argv[i];
  }
  if (!files)
    return fputs("usage: emovox analyze [--model small|large|PATH] [--json [--salience]] FILE...\n", stderr), 2;
  emovox_model *model = load_model(model_name);
  if (!model) return 1;
  for (int i = 0; i < files; i++) {
    report r = {.salience = json && salience};
    analyze(model, argv[i], &r);
    if (r.error.code) failures++;
    if (json) {
      if (!print_json(model, argv[i], &r)) failures++;
    } else {
      print_text(model, argv[i], &r);
    }
    fflush(stdout);
    clear(&r);
  }
  emovox_model_destroy(model);
  return failures ? 1 : 0;
}
