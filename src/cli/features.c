/* `emovox features`: log-mel frames of recordings as one NumPy array.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

enum { BANDS = 80, HEADER = 128 };

typedef struct writer {
  FILE *array;
  unsigned long long frames;
  int failed;
} writer;

/* NumPy's format 1.0; rewritten with the final shape at the end. */
static int write_header(FILE *file, unsigned long long frames) {
  char header[HEADER];
  memset(header, ' ', sizeof header);
  memcpy(header, "\x93NUMPY\x01\x00", 8);
  header[8] = HEADER - 10;
  header[9] = 0;
  char text[HEADER - 10];
  int length = snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': (%llu, %d), }", frames,
                        (int)BANDS);
  memcpy(header + 10, text, (size_t)length);
  header[HEADER - 1] = '\n';
  return fwrite(header, 1, sizeof header, file) == sizeof header;
}

static void on_frame(const float *frame, size_t bands, void *user) {
  writer *out = user;
  if (fwrite(frame, sizeof(float), bands, out->array) != bands) out->failed = 1;
  out->frames++;
}

static void extract(const char *path, writer *out, cli_error *error) {
  emovox_config config = emovox_config_default();
  config.user = out;
  audio *file = audio_open(path, &config.sample_rate, &config.channels, error);
  if (!file) return;
  emovox_features *features = NULL;
  emovox_status status = emovox_features_create(&config, on_frame, &features);
  const float *samples;
  size_t frames;
  while (!status && (frames = audio_read(file, &samples, error)))
    status = emovox_features_push(features, samples, frames);
  if (!status && !error->code) status = emovox_features_finish(features);
  if (status) cli_fail_status(error, status);
  emovox_features_destroy(features);
  audio_close(file);
}

int features_main(int argc, char **argv) {
  options how;
  if (!options_read("features", argc, argv, &how)) return 2;

  char table_path[4096];
  if (snprintf(table_path, sizeof table_path, "%s.tsv", how.out) >= (int)sizeof table_path)
    return fputs("emovox features: the output path is too long\n", stderr), 2;
  writer out = {.array = fopen(how.out, "wb")};
  FILE *table = fopen(table_path, "w");
  int failures = 0;
  if (!out.array || !table || !write_header(out.array, 0)) {
    fprintf(stderr, "emovox features: cannot write %s\n", how.out);
    failures = 1;
  } else {
    fputs("file\tstart\tframes\n", table);
    for (int i = 0; i < how.files; i++) {
      cli_error error = {0};
      unsigned long long start = out.frames;
      extract(how.paths[i], &out, &error);
      if (error.code) {
        fprintf(stderr, "%s: %s\n", how.paths[i], error.message);
        failures++;
      }
      fprintf(table, "%s\t%llu\t%llu\n", how.paths[i], start, out.frames - start);
    }
    if (out.failed || fseek(out.array, 0, SEEK_SET) || !write_header(out.array, out.frames)) {
      fprintf(stderr, "emovox features: cannot write %s\n", how.out);
      failures++;
    }
  }
  if (out.array && fclose(out.array)) failures++;
  if (table && fclose(table)) failures++;
  return failures ? 1 : 0;
}
