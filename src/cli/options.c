/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { ANALYZE = 1, JUDGE = 2, ENROLL = 4, FEATURES = 8 };

static const struct {
  const char *name, *usage;
} commands[] = {
    {"analyze", "analyze [OPTION...] FILE..."},
    {"judge", "judge [OPTION...] FILE.jsonl..."},
    {"enroll", "enroll --speaker PROFILE [--model M] FILE..."},
    {"features", "features FILE... --out X.npy"},
};

/* Prints what is wrong with the command line. Returns 0. */
static int refuse(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int refuse(const char *command, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "emovox %s: ", command);
  vfprintf(stderr, format, arguments);
  fputs(" (see emovox --help)\n", stderr);
  va_end(arguments);
  return 0;
}

int options_read(const char *command, int argc, char **argv, options *out) {
  *out = (options){.command = command, .model = "small", .paths = argv};
  const struct {
    const char *name;
    unsigned commands;
    int *flag;          /* either this is set, ... */
    const char **value; /* ... or this is what follows */
  } known[] = {
      {"--model", ANALYZE | JUDGE | ENROLL, NULL, &out->model},
      {"--speaker", ANALYZE | JUDGE | ENROLL, NULL, &out->speaker},
      {"--same-speaker", ANALYZE | JUDGE, &out->same_speaker, NULL},
      {"--prior", ANALYZE | JUDGE, NULL, &out->prior},
      {"--labels", ANALYZE | JUDGE, NULL, &out->labels},
      {"--threshold", ANALYZE | JUDGE, NULL, &out->threshold},
      {"--json", ANALYZE | JUDGE, &out->json, NULL},
      {"--hop", ANALYZE, NULL, &out->hop},
      {"--salience", ANALYZE, &out->salience, NULL},
      {"--evidence", ANALYZE, &out->evidence, NULL},
      {"--out", FEATURES, NULL, &out->out},
  };
  size_t which = 0;
  while (strcmp(commands[which].name, command) != 0)
    which++;
  for (int i = 0; i < argc; i++) {
    const char *text = argv[i];
    if (text[0] != '-' || !text[1]) { /* `-` is a file */
      argv[out->files++] = argv[i];
      continue;
    }
    size_t k = 0, count = sizeof known / sizeof *known;
    while (k < count && !(known[k].commands >> which & 1 && strcmp(known[k].name, text) == 0))
      k++;
    if (k == count) return refuse(command, "unknown option '%s'", text);
    if (known[k].flag) {
      *known[k].flag = 1;
    } else {
      if (++i == argc) return refuse(command, "%s needs something after it", text);
      *known[k].value = argv[i];
    }
  }
  int complete =
      out->files && (strcmp(command, "enroll") != 0 || out->speaker) && (strcmp(command, "features") != 0 || out->out);
  if (!complete) fprintf(stderr, "usage: emovox %s (see emovox --help)\n", commands[which].usage);
  return complete;
}

/* ---- values ---- */

/* Reads a number within a range. Returns whether it is one; `option` and `text` are for the message. */
static int read_number(const options *self, const char *option, const char *text, const char *number, double least,
                       double most, double *out) {
  char *end;
  double value = strtod(number, &end);
  if (end == number || *end || !(value >= least && value <= most))
    return refuse(self->command, "%s %s: use a number from %.15g to %.15g", option, text, least, most);
  *out = value;
  return 1;
}

int options_hop(const options *self, const emovox_model *model, double *hop_seconds) {
  return !self->hop || read_number(self, "--hop", self->hop, self->hop, EMOVOX_MIN_HOP_SECONDS,
                                   emovox_sequence_seconds(model), hop_seconds);
}

/* Copies what comes before the next comma, and moves on behind it. Returns whether there was something left. */
static int next_item(const char **list, char *item, size_t size) {
  if (!*list) return 0;
  size_t length = strcspn(*list, ",");
  snprintf(item, size, "%.*s", (int)(length < size ? length : size - 1), *list);
  *list = (*list)[length] ? *list + length + 1 : NULL;
  return 1;
}

/* The label of that name, or -1, with a message that lists all. */
static int find_label(const options *self, const emovox_model *model, const char *option, const char *name) {
  char all[1024] = "";
  for (int k = 0; k < emovox_label_count(model); k++) {
    if (strcmp(emovox_label(model, k), name) == 0) return k;
    size_t used = strlen(all);
    snprintf(all + used, sizeof all - used, "%s%s", k ? ", " : "", emovox_label(model, k));
  }
  refuse(self->command, "%s: there is no label '%s', only %s", option, name, all);
  return -1;
}

static int read_prior(const options *self, const emovox_model *model, float *prior) {
  char item[256];
  if (!self->prior || strcmp(self->prior, "everyday") == 0) {
    emovox_everyday_prior(model, prior);
    return 1;
  }
  emovox_even_prior(model, prior);
  if (strcmp(self->prior, "even") == 0) return 1;
  for (const char *list = self->prior; next_item(&list, item, sizeof item);) {
    char *number = strchr(item, '=');
    if (!number)
      return refuse(self->command, "--prior %s: use everyday, even, or a list such as neutral=2,sad=0.5", self->prior);
    *number++ = 0;
    double value = 0;
    int label = find_label(self, model, "--prior", item);
    if (label < 0 || !read_number(self, "--prior", self->prior, number, 0, 1e6, &value)) return 0;
    prior[label] = (float)value;
  }
  return 1;
}

static int read_labels(const options *self, const emovox_model *model, uint32_t *labels) {
  char item[256];
  for (const char *list = self->labels; next_item(&list, item, sizeof item);) {
    int label = find_label(self, model, "--labels", item);
    if (label < 0) return 0;
    *labels |= UINT32_C(1) << label;
  }
  if (self->labels && !(*labels & (*labels - 1)))
    return refuse(self->command, "--labels %s: two labels or more are needed", self->labels);
  return 1;
}

int options_judging(const options *self, const emovox_model *model, emovox_judging *judging) {
  double threshold = (double)judging->threshold;
  if (self->threshold && !read_number(self, "--threshold", self->threshold, self->threshold, 0, 1, &threshold))
    return 0;
  judging->threshold = (float)threshold;
  if (!read_prior(self, model, judging->prior) || !read_labels(self, model, &judging->labels)) return 0;
  float sum = 0;
  for (int k = 0; k < emovox_label_count(model); k++) {
    if (judging->labels && !(judging->labels >> k & 1)) judging->prior[k] = 0;
    sum += judging->prior[k];
  }
  if (!(sum > 0)) return refuse(self->command, "--prior %s: it leaves no label possible", self->prior);
  for (int k = 0; k < emovox_label_count(model); k++)
    judging->prior[k] /= sum;
  return 1;
}
