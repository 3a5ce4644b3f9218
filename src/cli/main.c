/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void usage(FILE *out) {
  fputs(
      "usage: emovox analyze [--model M] [--hop S] [--threshold P] [--json [--salience]]\n"
      "                      [--same-speaker | --speaker PROFILE] FILE...\n"
      "       emovox enroll --speaker PROFILE [--model M] FILE...\n"
      "       emovox features FILE... --out X.npy\n"
      "       emovox --help | --version\n"
      "\n"
      "analyze   tells the emotion in each recording (WAV, FLAC, Ogg, Opus, MP3): the verdict, its confidence\n"
      "          (share of the segments that voted for it), its intensity, the distribution and the timeline.\n"
      "  --json        one JSON object per line instead: file, model, duration, emotion, confidence, votes,\n"
      "                probabilities, intensity, derived, speech_ratio, segments; error instead where a file fails.\n"
      "                derived: valence and arousal, -1..1, which follow from the probabilities alone\n"
      "  --salience    with --json: how much attention each moment of a segment got; the values sum to 1 and are\n"
      "                salience_seconds apart\n"
      "  --same-speaker\n"
      "                the files are one person's session, in this order: verdicts adapt to the speaker as it goes.\n"
      "                Without it, every file stands alone. JSON gains adaptation: the seconds known after the file,\n"
      "                and the weight, 0..1, of the adapted verdict\n"
      "  --speaker PROFILE\n"
      "                the same, beginning with what the file PROFILE knows, if it is there, and adding to it\n"
      "  --model M     small (default), large or the path of a model file. Named models are looked for in the\n"
      "                folder EMOVOX_MODEL_DIR, by default the source tree's model folder.\n"
      "  --hop S       seconds from one segment's start to the next, 0.25 to the length of a segment (4); by default\n"
      "                the model's (2)\n"
      "  --threshold P a segment whose most probable emotion is less probable than P, 0 to 1, votes uncertain; 0 "
      "forces\n"
      "                an answer; by default the model's\n"
      "  exit status   0 if all files were analysed, 1 if any failed (the others are still done), 2 for wrong usage\n"
      "\n"
      "enroll    learns from 10 to 30 s of a person's ordinary, calm speech how that person sounds, and writes it to\n"
      "          PROFILE, for analyze --speaker; adds to it if it is there. A profile holds no audio and goes with\n"
      "          one model.\n"
      "  --model M     as above\n"
      "\n"
      "features  writes the log-mel frames that training reads, float32 (frames, 80), all files in a row, as a\n"
      "          NumPy file, and a table of which frames belong to which file beside it (X.npy.tsv).\n",
      out);
}

int main(int argc, char **argv) {
  const char *command = argc > 1 ? argv[1] : "";
  if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 || strcmp(command, "help") == 0) {
    usage(stdout);
    return 0;
  }
  if (strcmp(command, "--version") == 0) {
    printf("emovox %s\n", emovox_version());
    return 0;
  }
  for (int i = 2; i < argc; i++)
    if (strcmp(argv[i], "--help") == 0) {
      usage(stdout);
      return 0;
    }
  if (strcmp(command, "analyze") == 0) return analyze_main(argc - 2, argv + 2);
  if (strcmp(command, "enroll") == 0) return enroll_main(argc - 2, argv + 2);
  if (strcmp(command, "features") == 0) return features_main(argc - 2, argv + 2);
  if (*command) fprintf(stderr, "emovox: unknown command '%s'\n", command);
  usage(stderr);
  return 2;
}
