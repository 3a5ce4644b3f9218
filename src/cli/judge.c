/* `emovox judge`: judges again what analyze --json --evidence has written.
 * SPDX-License-Identifier: MIT */
#include <cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const double LONGEST = 1e9; /* s */
static const char *const NO_EVIDENCE = "There is no evidence in it: analyse the recording with --json --evidence.";

/* ---- a line ---- */

/* Reads a report out of a line. The first thing that is wrong with it ends up in the report's error. */
typedef struct reader {
  const emovox_model *model;
  report *out;
  int segment; /* the one that is being read, from 1; 0: none */
} reader;

static const cJSON *get(const cJSON *object, const char *key) {
  return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void refuse(reader *self, const char *code, const char *what) {
  char where[32] = "";
  if (self->out->error.code) return;
  if (self->segment) snprintf(where, sizeof where, "Segment %d: ", self->segment);
  cli_fail(&self->out->error, code, "%s%s", where, what);
}

static double read_number(reader *self, const cJSON *item, const char *name, double least, double most) {
  if (cJSON_IsNumber(item) && item->valuedouble >= least && item->valuedouble <= most) return item->valuedouble;
  char what[128];
  snprintf(what, sizeof what, "`%s` has to be a number from %g to %g.", name, least, most);
  refuse(self, "bad-input", what);
  return 0;
}

static float read_share(reader *self, const cJSON *object, const char *name) {
  return (float)read_number(self, get(object, name), name, 0, 1);
}

/* Reads at most `most` numbers. Returns how many there are. */
static size_t read_numbers(reader *self, const cJSON *array, const char *name, double limit, size_t most, float *out) {
  size_t count = 0;
  const cJSON *item;
  cJSON_ArrayForEach(item, array) {
    if (count < most) out[count] = (float)read_number(self, item, name, -limit, limit);
    count++;
  }
  return count;
}

static void read_salience(reader *self, const cJSON *array, emovox_segment *s) {
  size_t count = (size_t)cJSON_GetArraySize(array);
  float *values = malloc((count + 1) * sizeof *values);
  if (!values) {
    cli_fail_status(&self->out->error, EMOVOX_ERROR_MEMORY);
    return;
  }
  s->salience = values;
  s->salience_count = read_numbers(self, array, "salience", 1, count, values);
}

static void read_evidence(reader *self, const cJSON *array, emovox_segment *s) {
  size_t wanted = emovox_evidence_count(self->model);
  if (!array)
    refuse(self, "evidence-missing", NO_EVIDENCE);
  else if (read_numbers(self, array, "evidence", 1e6, wanted, s->evidence) != wanted)
    refuse(self, "bad-input", "`evidence` has to hold as many numbers as the model gives.");
}

static void read_segment(reader *self, const cJSON *item) {
  const char *label = cJSON_GetStringValue(get(item, "label")), *silent = emovox_label(self->model, EMOVOX_NO_SPEECH);
  emovox_segment s = {.start = read_number(self, get(item, "start"), "start", 0, LONGEST),
                      .end = read_number(self, get(item, "end"), "end", 0, LONGEST),
                      .speech_ratio = read_share(self, item, "speech_ratio"),
                      .intensity = read_share(self, item, "intensity"),
                      .label = EMOVOX_UNCERTAIN};
  if (!label) refuse(self, "bad-input", "`label` has to be a text.");
  if (!(s.end > s.start)) refuse(self, "bad-input", "`end` has to be after `start`.");
  if (label && strcmp(label, silent) == 0)
    s.label = EMOVOX_NO_SPEECH;
  else
    read_evidence(self, get(item, "evidence"), &s);
  if (self->out->salience_seconds > 0) read_salience(self, get(item, "salience"), &s);
  if (!self->out->error.code) report_add(self->out, &s);
  free((float *)s.salience);
}

/* Whether there is evidence of this model. */
static void check_model(reader *self, const cJSON *line) {
  char fingerprint[17];
  snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, emovox_fingerprint(self->model));
  const cJSON *evidence = get(line, "evidence"), *error = get(line, "error");
  const char *whose = cJSON_GetStringValue(get(evidence, "model"));
  if (error)
    refuse(self, "evidence-missing", "This recording could not be analysed, so there is nothing to judge.");
  else if (!evidence)
    refuse(self, "evidence-missing", NO_EVIDENCE);
  else if (!whose)
    refuse(self, "bad-input", "`evidence` has to tell its model.");
  else if (strcmp(whose, fingerprint) != 0)
    refuse(self, "evidence-model", "This is evidence of another model: choose that with --model, or analyse again.");
}

/* Everything of a line but what a judgement makes of it. */
static void read_line(reader *self, const cJSON *line) {
  report *out = self->out;
  check_model(self, line);
  if (out->error.code) return;
  const cJSON *segments = get(line, "segments"), *step = get(line, "salience_seconds"), *item;
  out->duration = read_number(self, get(line, "duration"), "duration", 0, LONGEST);
  out->intensity = read_share(self, line, "intensity");
  out->speech_ratio = read_share(self, line, "speech_ratio");
  if (step) out->salience_seconds = read_number(self, step, "salience_seconds", 1e-6, 1e3);
  if (!cJSON_IsArray(segments)) refuse(self, "bad-input", "`segments` has to be a list.");
  cJSON_ArrayForEach(item, segments) {
    self->segment++;
    if (!out->error.code) read_segment(self, item);
  }
}

/* ---- files of lines ---- */

/* A copy that belongs to the report. */
static void name_report(report *r, const char *name) {
  size_t size = strlen(name) + 1;
  r->owned = malloc(size);
  if (r->owned)
    r->file = memcpy(r->owned, name, size);
  else
    cli_fail_status(&r->error, EMOVOX_ERROR_MEMORY);
}

static void judge_line(batch *all, const char *path, int number, const char *text, size_t length) {
  report r = {.file = path};
  reader self = {.model = all->model, .out = &r};
  cJSON *line = strlen(text) == length ? cJSON_ParseWithOpts(text, NULL, 1) : NULL; /* a zero ends no line */
  const char *file = cJSON_GetStringValue(get(line, "file"));
  char place[4096];
  snprintf(place, sizeof place, "%s:%d", path, number);
  name_report(&r, file ? file : place);
  if (!cJSON_IsObject(line))
    refuse(&self, "bad-input", "This is no JSON object: give what analyze --json --evidence writes.");
  if (!r.error.code) read_line(&self, line);
  cJSON_Delete(line);
  batch_take(all, &r);
}

/* The next line, without its end, in a buffer that grows. Returns 0 at the end, or with *fault set to an errno. */
static int next_line(FILE *file, char **buffer, size_t *capacity, size_t *length, int *fault) {
  int c = 0;
  for (*length = 0; c != '\n' && c != EOF; ++*length) {
    char *room = grown(*buffer, *length, capacity, 1);
    if (!room) return *fault = ENOMEM, 0;
    *buffer = room;
    c = getc(file);
    room[*length] = (char)(c == '\n' || c == EOF ? 0 : c);
  }
  --*length;
  if (c == EOF && ferror(file)) return *fault = errno, 0;
  return c != EOF || *length;
}

/* Every line of a file that is not blank. */
static void judge(batch *all, const char *path) {
  FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
  int fault = file ? 0 : errno;
  char *line = NULL;
  size_t capacity = 0, length;
  for (int number = 1; file && next_line(file, &line, &capacity, &length, &fault); number++)
    if (strspn(line, " \t\r") < length) judge_line(all, path, number, line, length);
  if (fault) {
    report r = {.file = path};
    cli_fail(&r.error, "unreadable", "Cannot read the file: %s.", strerror(fault));
    batch_take(all, &r);
  }
  free(line);
  if (file && file != stdin) fclose(file);
}

int judge_main(int argc, char **argv) {
  options how;
  batch all;
  if (!options_read("judge", argc, argv, &how)) return 2;
  how.evidence = 1; /* it is kept */
  int status = batch_begin(&all, &how, 0);
  if (status) return status;
  for (int i = 0; i < how.files; i++)
    judge(&all, how.paths[i]);
  return batch_end(&all);
}
