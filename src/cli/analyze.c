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
  emovox_segment *segments;
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

static void on_segment(const emovox_segment *segment, void *user) {
  report *r = user;
  if (r->count == r->capacity) {
    size_t capacity = r->capacity ? 2 * r->capacity : 64;
    emovox_segment *grown = realloc(r->segments, capacity * sizeof *grown);
    if (!grown) {
      cli_fail_status(&r->error, EMOVOX_ERROR_MEMORY);
      return;
    }
    r->segments = grown;
    r->capacity = capacity;
  }
  r->segments[r->count++] = *segment;
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

static void add_number(cJSON *object, const char *key, double value) {
  cJSON_AddNumberToObject(object, key, round(value * 1e6) / 1e6);
}

static void add_probabilities(cJSON *object, const emovox_model *model, const float *probabilities) {
  cJSON *map = cJSON_AddObjectToObject(object, "probabilities");
  for (int k = 0; k < emovox_label_count(model); k++)
    add_number(map, emovox_label(model, k), (double)probabilities[k]);
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
  add_number(root, "duration", s->duration);
  cJSON_AddStringToObject(root, "emotion", emovox_label(model, s->label));
  add_number(root, "confidence", (double)s->confidence);
  cJSON *votes = cJSON_AddObjectToObject(root, "votes");
  for (int k = 0; k < emovox_label_count(model); k++)
    cJSON_AddNumberToObject(votes, emovox_label(model, k), s->votes[k]);
  cJSON_AddNumberToObject(votes, emovox_label(model, EMOVOX_UNCERTAIN), s->uncertain);
  add_probabilities(root, model, s->probabilities);
  add_number(root, "speech_ratio", (double)s->speech_ratio);
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
  int json = 0, files = 0, failures = 0;
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "--json") == 0)
      json = 1;
    else if (strcmp(argv[i], "--model") == 0 && i + 1 < argc)
      model_name = argv[++i];
    else if (argv[i][0] == '-' && argv[i][1])
      return fprintf(stderr, "emovox analyze: unknown option '%s' (see emovox --help)\n", argv[i]), 2;
    else
      argv[files++] = argv[i];
  }
  if (!files) return fputs("usage: emovox analyze [--model small|PATH] [--json] FILE...\n", stderr), 2;
  emovox_model *model = load_model(model_name);
  if (!model) return 1;
  for (int i = 0; i < files; i++) {
    report r = {0};
    analyze(model, argv[i], &r);
    if (r.error.code) failures++;
    if (json) {
      if (!print_json(model, argv[i], &r)) failures++;
    } else {
      print_text(model, argv[i], &r);
    }
    fflush(stdout);
    free(r.segments);
  }
  emovox_model_destroy(model);
  return failures ? 1 : 0;
}
