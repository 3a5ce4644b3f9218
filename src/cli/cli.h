/* The command-line tool's parts.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_CLI_H
#define EMOVOX_CLI_H

#include "emovox.h"

/* What stops one file: a stable code for programs and a sentence for people. code is NULL while all is well. */
typedef struct cli_error {
  const char *code;
  char message[512];
} cli_error;

void cli_fail(cli_error *error, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
void cli_fail_status(cli_error *error, emovox_status status);

/* ---- options ---- */

/* What a command was told. NULL or 0: nothing. */
typedef struct options {
  const char *command; /* its name, for messages */
  const char *model;   /* "small" if nothing was said */
  const char *speaker, *hop, *threshold, *prior, *labels, *out;
  int json, salience, evidence, same_speaker;
  int files;
  char **paths; /* (files) */
} options;

/* Reads the options of a command; the files move to the front of `argv`. Returns whether all is good and there is a
 * file; what is wrong is printed. */
int options_read(const char *command, int argc, char **argv, options *out);

/* The hop, and in what light to judge: with a prior that sums to 1 and is 0 for labels not allowed; the speaker is left
 * alone. They return whether the texts can be understood; what is wrong is printed. */
int options_hop(const options *self, const emovox_model *model, double *hop_seconds);
int options_judging(const options *self, const emovox_model *model, emovox_judging *judging);

/* ---- audio files (libsndfile) ---- */

typedef struct audio audio;
enum { AUDIO_BLOCK = 4096 }; /* audio frames per read */

/* Opens WAV, FLAC, Ogg (Vorbis, Opus), MP3 and what else libsndfile reads. NULL on failure, with *error set. */
audio *audio_open(const char *path, uint32_t *sample_rate, uint32_t *channels, cli_error *error);

/* The next interleaved frames, AUDIO_BLOCK at most; 0 at the end or on failure, with *error set. The samples are
 * valid until the next call. */
size_t audio_read(audio *self, const float **samples, cli_error *error);
void audio_close(audio *self);

/* ---- a session ---- */

/* A model by name ("small", "large") or path. NULL on failure, which is printed. */
emovox_model *session_model(const char *name);

/* A speaker as the profile at `path` describes it; a new one with NULL, or, if it `may_be_new`, where there is no such
 * file. NULL on failure, which is printed. */
emovox_speaker *session_speaker(const emovox_model *model, const char *path, int may_be_new);

/* Writes the speaker's profile. Returns whether it could; what fails is printed. */
int session_save(const emovox_speaker *speaker, const char *path);

/* Analyses a whole file with `config`, whose sample rate and channels become those of the file. *error is set if it
 * fails; *summary is that of the recording if not. */
void session_hear(const emovox_model *model, const char *path, emovox_config config, emovox_summary *summary,
                  cli_error *error);

/* ---- reports: what is heard of one recording, and the verdict ---- */

typedef struct report {
  const char *file;
  char *owned; /* the file's name if it belongs to the report */
  double duration;
  float intensity, speech_ratio; /* of the whole: no judgement changes them */
  emovox_segment *segments;      /* their salience is the report's, or NULL */
  size_t count, capacity;
  double salience_seconds; /* 0: without salience */
  emovox_summary summary;
  cli_error error;
} report;

/* Adds a segment, with its salience if the report has any. Without memory, error is set. */
void report_add(report *self, const emovox_segment *segment);

/* Judges the segments, and with them the recording. */
void report_judge(report *self, const emovox_model *model, const emovox_judging *judging);

/* Prints the report: a line of JSON, or what people read, errors among them on stderr. Returns whether there was memory
 * for it. */
int report_print(const report *self, const emovox_model *model, const emovox_judging *judging, const options *how);

void report_clear(report *self);

/* ---- a batch of reports, as analyze and judge have it ---- */

/* With a speaker who hears, the reports wait until everything is heard. */
typedef struct batch {
  const options *how;
  emovox_model *model;
  double hop_seconds;
  emovox_judging judging;
  int hears;           /* whether the speaker learns from what comes, */
  const char *profile; /* and where that is written in the end; NULL: nowhere */
  report *waiting;
  size_t count, capacity;
  int failures;
} batch;

/* Makes ready what `how` asks for. `fresh`: what comes was heard just now, so that a speaker's profile learns from it.
 * Returns 0, or the exit status if that fails; what is wrong is printed. */
int batch_begin(batch *self, const options *how, int fresh);

/* Takes a report over: it is judged and printed, now or at the end. */
void batch_take(batch *self, report *r);

/* Prints what waits. Returns the exit status. */
int batch_end(batch *self);

/* Room for one more item in an array of `count`, which may move. NULL without memory; the array is then as it was. */
void *grown(void *items, size_t count, size_t *capacity, size_t item_size);

/* ---- commands: argc and argv without the program's and the command's name; return the exit status ---- */

int analyze_main(int argc, char **argv);
int judge_main(int argc, char **argv);
int enroll_main(int argc, char **argv);
int features_main(int argc, char **argv);

#endif
