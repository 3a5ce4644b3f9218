/* A model file, read and checked.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_MODEL_H
#define EMOVOX_PIPELINE_MODEL_H

#include "features/logmel.h"
#include "features/normalize.h"
#include "nn/network.h"
#include "pipeline/population.h"
#include "pipeline/sequencer.h"

struct emovox_model {
  uint8_t *bytes;         /* the whole file */
  safetensors file;       /* views into bytes */
  struct cJSON *metadata; /* owns the strings below */
  const char *name, *version, *license;
  const char *labels[EMOVOX_MAX_LABELS];
  float valence[EMOVOX_MAX_LABELS], arousal[EMOVOX_MAX_LABELS]; /* of each label, -1..1 */
  logmel_params logmel;
  normalize_params normalize;
  sequencer_params sequence;
  network_params network;
  population people;
  uint64_t fingerprint;   /* of the file: tells models apart */
  float min_speech_ratio; /* of a segment that votes */
  float uncertain_below;  /* probability of a vote for an emotion */
};

#endif
