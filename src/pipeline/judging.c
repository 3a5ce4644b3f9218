/* SPDX-License-Identifier: MIT */
#include "pipeline/judging.h"

#include <string.h>

#include "pipeline/model.h"
#include "pipeline/speaker.h"
#include "pipeline/vote.h"

static const float most = 1e6F; /* a weight of the prior */

emovox_judging emovox_judging_default(void) {
  return (emovox_judging){.threshold = -1};
}

int judging_light(const emovox_model *model, const emovox_judging *judging, light *out) {
  size_t labels = model->people.labels;
  uint32_t all = (UINT32_C(1) << labels) - 1, allowed = judging->labels ? judging->labels : all;
  if (judging->speaker && judging->speaker->model != model) return 0;
  if ((allowed & ~all) || !(allowed & (allowed - 1))) return 0; /* unknown ones, or fewer than two */
  if (!(judging->threshold <= 1)) return 0;                     /* NaN, too */
  out->threshold = judging->threshold < 0 ? model->uncertain_below : judging->threshold;

  float given = 0, all_weights = 0, sum = 0;
  for (size_t y = 0; y < labels; y++) {
    if (!(judging->prior[y] >= 0 && judging->prior[y] <= most)) return 0;
    given += judging->prior[y];
  }
  memset(out->expected, 0, sizeof out->expected);
  memset(out->prior, 0, sizeof out->prior);
  for (size_t y = 0; y < labels; y++) {
    all_weights += out->expected[y] = given > 0 ? judging->prior[y] : model->people.everyday[y];
    if (allowed >> y & 1) sum += out->prior[y] = out->expected[y];
  }
  if (!(sum > 0)) return 0;
  for (size_t y = 0; y < labels; y++) {
    out->expected[y] /= all_weights;
    out->prior[y] /= sum;
  }
  return 1;
}

/* The mean of a table of values over a distribution. */
static float expected(const float *probabilities, const float *values, int labels) {
  float sum = 0;
  for (int k = 0; k < labels; k++)
    sum += probabilities[k] * values[k];
  return sum;
}

void judging_segment(const emovox_model *model, const light *in, const belief *known, emovox_segment *segment) {
  int labels = emovox_label_count(model);
  float *probabilities = segment->probabilities;
  judge_evidence(&model->people, in, known, segment->evidence, probabilities);
  segment->label = vote_cast(probabilities, labels, in->threshold);
  segment->probability = probabilities[vote_cast(probabilities, labels, 0)];
  segment->valence = expected(probabilities, model->valence, labels);
  segment->arousal = expected(probabilities, model->arousal, labels);
}

emovox_status emovox_judge(const emovox_model *model, const emovox_judging *judging, emovox_segment *segments,
                           size_t count) {
  light in;
  if (!model || !judging || (!segments && count) || !judging_light(model, judging, &in)) return EMOVOX_ERROR_ARGUMENT;
  for (size_t i = 0; i < count; i++)
    if (segments[i].label != EMOVOX_NO_SPEECH && !judge_plausible(&model->people, segments[i].evidence))
      return EMOVOX_ERROR_EVIDENCE;
  const belief *known = judging->speaker ? speaker_belief(judging->speaker, in.expected, 0) : NULL;
  for (size_t i = 0; i < count; i++)
    if (segments[i].label != EMOVOX_NO_SPEECH) judging_segment(model, &in, known, &segments[i]);
  return EMOVOX_OK;
}

emovox_status emovox_summarize(const emovox_model *model, const emovox_segment *segments, size_t count, double duration,
                               emovox_summary *summary) {
  if (!model || (!segments && count) || !summary) return EMOVOX_ERROR_ARGUMENT;
  for (size_t i = 0; i < count; i++)
    if (!emovox_label(model, segments[i].label)) return EMOVOX_ERROR_ARGUMENT;
  vote_tally tally = {.labels = emovox_label_count(model)};
  for (size_t i = 0; i < count; i++)
    vote_add(&tally, &segments[i]);
  *summary = vote_summary(&tally, duration);
  return EMOVOX_OK;
}
