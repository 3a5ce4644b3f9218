/* `emovox analyze`: verdicts on recordings.
 * SPDX-License-Identifier: MIT */
#include "cli/cli.h"

static void on_segment(const emovox_segment *segment, void *user) {
  report_add(user, segment);
}

static void analyze(const emovox_model *model, double hop_seconds, report *r) {
  emovox_config config = emovox_config_default();
  emovox_summary summary = {0};
  config.hop_seconds = hop_seconds;
  config.on_segment = on_segment;
  config.user = r;
  session_hear(model, r->file, config, &summary, &r->error);
  r->duration = summary.duration;
  r->intensity = summary.intensity;
  r->speech_ratio = summary.speech_ratio;
}

int analyze_main(int argc, char **argv) {
  options how;
  batch all;
  if (!options_read("analyze", argc, argv, &how)) return 2;
  int status = batch_begin(&all, &how, 1);
  if (status) return status;
  for (int i = 0; i < how.files; i++) {
    report r = {.file = how.paths[i]};
    if (how.json && how.salience) r.salience_seconds = emovox_salience_seconds(all.model);
    analyze(all.model, all.hop_seconds, &r);
    batch_take(&all, &r);
  }
  return batch_end(&all);
}
