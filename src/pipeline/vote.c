/* SPDX-License-Identifier: MIT */
#include "pipeline/vote.h"

#include <string.h>

int vote_cast(const float *probabilities, int labels, float uncertain_below) {
  int best = 0;
  for (int k = 1; k < labels; k++)
    if (probabilities[k] > probabilities[best]) best = k;
  return probabilities[best] < uncertain_below ? EMOVOX_UNCERTAIN : best;
}

void vote_add(vote_tally *tally, const emovox_segment *segment) {
  tally->segments++;
  tally->speech_ratio += (double)segment->speech_ratio;
  if (segment->label == EMOVOX_NO_SPEECH) return;
  tally->voting++;
  if (segment->label == EMOVOX_UNCERTAIN)
    tally->uncertain++;
  else
    tally->votes[segment->label]++;
  for (int k = 0; k < tally->labels; k++)
    tally->probabilities[k] += (double)segment->probabilities[k];
  tally->intensity += (double)segment->intensity;
  tally->valence += (double)segment->valence;
  tally->arousal += (double)segment->arousal;
}

emovox_summary vote_summary(const vote_tally *tally, double duration) {
  emovox_summary summary = {.duration = duration,
                            .label = EMOVOX_NO_SPEECH,
                            .segments = tally->segments,
                            .voting = tally->voting,
                            .uncertain = tally->uncertain};
  memcpy(summary.votes, tally->votes, sizeof summary.votes);
  if (tally->segments) summary.speech_ratio = (float)(tally->speech_ratio / tally->segments);
  if (!tally->voting) return summary;
  summary.intensity = (float)(tally->intensity / tally->voting);
  summary.valence = (float)(tally->valence / tally->voting);
  summary.arousal = (float)(tally->arousal / tally->voting);

  int winner = 0;
  for (int k = 0; k < tally->labels; k++) {
    summary.probabilities[k] = (float)(tally->probabilities[k] / tally->voting);
    if (tally->votes[k] > tally->votes[winner] ||
        (tally->votes[k] == tally->votes[winner] && tally->probabilities[k] > tally->probabilities[winner]))
      winner = k;
  }
  uint32_t votes = tally->votes[winner];
  if (tally->uncertain > votes) {
    winner = EMOVOX_UNCERTAIN;
    votes = tally->uncertain;
  }
  summary.label = winner;
  summary.agreement = (float)votes / (float)tally->voting;
  summary.probability =
      summary.probabilities[winner == EMOVOX_UNCERTAIN ? vote_cast(summary.probabilities, tally->labels, 0) : winner];
  return summary;
}
