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

/* A speaker as the profile at `path` describes it; a new one if there is no such file, or with NULL. NULL on failure,
 * which is printed. */
emovox_speaker *session_speaker(const emovox_model *model, const char *path);

/* Writes the speaker's profile. Returns whether it could; what fails is printed. */
int session_save(const emovox_speaker *speaker, const char *path);

/* Analyses a whole file with `config`, whose sample rate and channels become those of the file. *error is set if it
 * fails; *summary is that of the recording if not. */
void session_hear(const emovox_model *model, const char *path, emovox_config config, emovox_summary *summary,
                  cli_error *error);

/* ---- commands: argc and argv without the program's and the command's name; return the exit status ---- */

int analyze_main(int argc, char **argv);
int enroll_main(int argc, char **argv);
int features_main(int argc, char **argv);

#endif
