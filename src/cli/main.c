/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void usage(FILE *out) {
  fputs(
      "usage: emovox analyze [--json [--salience] [--evidence]] [--same-speaker | --speaker PROFILE]\n"
      "                      [--prior P] [--labels L] [--threshold T] [--hop S] [--model M] FILE...\n"
      "       emovox judge [--json] [--same-speaker] [--speaker PROFILE]\n"
      "                    [--prior P] [--labels L] [--threshold T] [--model M] FILE.jsonl...\n"
      "       emovox enroll --speaker PROFILE [--model M] FILE...\n"
      "       emovox features FILE... --out X.npy\n"
      "       emovox --help | --version\n"
      "\n"
      "analyze   tells the emotion in each recording (WAV, FLAC, Ogg, Opus, MP3): the verdict and how probable it is,\n"
      "          agreement (the share of the segments that voted for it), intensity, distribution and timeline.\n"
      "  --json        one JSON object per line instead: file, model, duration, emotion, agreement (also as\n"
      "                confidence, its old name), probability, votes, probabilities, intensity, derived,\n"
      "                speech_ratio, prior, segments; error instead where a file fails.\n"
      "                derived: valence and arousal, -1..1, which follow from the probabilities alone\n"
      "                prior: how common each label was taken to be\n"
      "  --salience    with --json: how much attention each moment of a segment got; the values sum to 1 and are\n"
      "                salience_seconds apart\n"
      "  --evidence    with --json: what was heard in each segment, in numbers, for emovox judge\n"
      "  --same-speaker\n"
      "                the files are one person's: all are heard first, then each is judged by what they tell of that\n"
      "                person's voice. Without it, every file stands alone. JSON gains adaptation: the seconds known,\n"
      "                and the weight, 0..1, of what is relative to that voice\n"
      "  --speaker PROFILE\n"
      "                the same, beginning with what the file PROFILE knows, if it is there, and adding to it\n"
      "  --prior P     how common each emotion is where the recordings come from: everyday (default: most speech is\n"
      "                ordinary), even (of actors, who play all emotions alike), or weights, as in neutral=2,sad=0.5;\n"
      "                labels that are left out count 1\n"
      "  --labels L    the only labels that may be the answer, two or more, as in neutral,happy,sad,angry\n"
      "  --threshold T a segment whose most probable emotion is less probable than T, 0 to 1, votes uncertain; 0\n"
      "                forces an answer; by default the model's\n"
      "  --hop S       seconds from one segment's start to the next, 0.25 to the length of a segment (4); by default\n"
      "                the model's (2)\n"
      "  --model M     small (default), large or the path of a model file. Named models are looked for in the folder\n"
      "                EMOVOX_MODEL_DIR, by default the source tree's model folder.\n"
      "  exit status   0 if all files were analysed, 1 if any failed (the others are still done), 2 for wrong usage\n"
      "\n"
      "judge     judges once more, without the audio, what analyze --json --evidence wrote (FILE - is the standard\n"
      "          input), and prints it as analyze does. Its JSON can be judged again.\n"
      "  --same-speaker\n"
      "                all lines are one person's, as above\n"
      "  --speaker PROFILE\n"
      "                the person whom PROFILE knows; nothing is added to it\n"
      "  --prior, --labels, --threshold, --model\n"
      "                as above; only the model that heard the evidence can judge it\n"
      "  exit status   as above. A line fails with evidence-missing, evidence-model (it is another's) or bad-input.\n"
      "\n"
      "enroll    learns from 10 to 30 s of a person's ordinary, calm speech how that person sounds, and writes it to\n"
      "          PROFILE, for --speaker; adds to it if it is there. A profile holds no audio and goes with one model.\n"
      "  --model M     as above\n"
      "\n"
      "features  writes the log-mel frames that training reads, float32 (frames, 80), all files in a row, as a NumPy\n"
      "          file, and a table of which frames belong to which file beside it (X.npy.tsv).\n",
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
  if (strcmp(command, "judge") == 0) return judge_main(argc - 2, argv + 2);
  if (strcmp(command, "enroll") == 0) return enroll_main(argc - 2, argv + 2);
  if (strcmp(command, "features") == 0) return features_main(argc - 2, argv + 2);
  if (*command) fprintf(stderr, "emovox: unknown command '%s'\n", command);
  usage(stderr);
  return 2;
}
