/* A speaker: what a session has taught about one person, see emovox.h.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_SPEAKER_H
#define EMOVOX_PIPELINE_SPEAKER_H

#include "pipeline/adaptation.h"

struct emovox_speaker {
  const emovox_model *model;
  adaptation_sums sums;
};

#endif
