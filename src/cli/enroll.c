/* `emovox enroll`: learns how a person sounds when calm.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/cli.h"

/* As much speech as is asked for, s; less is taken, with a remark. */
static const double ENOUGH = 10;

/* Enrolls what can be read of the files. Returns the number of those that fail. */
static int enroll(const emovox_model *model, emovox_speaker *speaker, int files, char **paths) {
  emovox_config config = emovox_config_default();
  config.judging.speaker = speaker;
  config.enroll = 1;
  int failures = 0;
  for (int i = 0; i < files; i++) {
    emovox_summary summary;
    cli_error error = {0};
    session_hear(model, paths[i], config, &summary, &error);
    if (error.code) fprintf(stderr, "%s: %s\n", paths[i], error.message);
    failures += error.code != NULL;
  }
  return failures;
}

int enroll_main(int argc, char **argv) {
  options how;
  if (!options_read("enroll", argc, argv, &how)) return 2;
  emovox_model *model = session_model(how.model);
  emovox_speaker *speaker = model ? session_speaker(model, how.speaker, 1) : NULL;
  int failures = 1;
  if (speaker) {
    double before = emovox_speaker_seconds(speaker);
    failures = enroll(model, speaker, how.files, how.paths);
    double seconds = emovox_speaker_seconds(speaker) - before;
    if (seconds <= 0) {
      fprintf(stderr, "emovox enroll: there is no speech in it: nothing was learnt\n");
      failures++;
    } else if (!session_save(speaker, how.speaker)) {
      failures++;
    } else {
      printf("%s: %.1f s of speech added; verdicts are adapted by %.0f %%\n", how.speaker, seconds,
             100 * emovox_speaker_weight(speaker));
      if (seconds < ENOUGH) printf("%.0f s or more would tell better how this person sounds\n", ENOUGH);
    }
  }
  emovox_speaker_destroy(speaker);
  emovox_model_destroy(model);
  return failures ? 1 : 0;
}
