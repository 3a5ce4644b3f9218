/* Any bytes as an audio file on the native command line's path: libsndfile, then the whole engine.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "fuzz.h"

enum { MOST_SECONDS = 20 };

static void on_segment(const emovox_segment *segment, void *user) {
  fuzz_check_segment(user, segment);
}

static int on_progress(double seconds, void *user) {
  (void)user;
  return seconds > MOST_SECONDS; /* a small file may be hours of silence */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static char path[64];
  if (!*path) snprintf(path, sizeof path, "/dev/shm/emovox-fuzz-%ld", (long)getpid());
  FILE *file = fopen(path, "wb");
  fuzz_require(file && fwrite(data, 1, size, file) == size && !fclose(file), "an input can be written");
  const emovox_model *model = fuzz_model();
  emovox_config config = emovox_config_default();
  config.on_segment = on_segment;
  config.on_progress = on_progress;
  config.user = (void *)model;
  emovox_summary summary;
  cli_error error = {0};
  session_hear(model, path, config, &summary, &error);
  if (error.code)
    fuzz_require(*error.message != 0, "an error has a sentence");
  else
    fuzz_check_summary(model, &summary);
  remove(path);
  return 0;
}
