/* SPDX-License-Identifier: MIT */
#include "pipeline/judge.h"

#include <math.h>

static void normalize_logs(double *logits, size_t count) {
  double max = -INFINITY, total = 0;
  for (size_t i = 0; i < count; i++)
    max = fmax(max, logits[i]);
  for (size_t i = 0; i < count; i++)
    total += exp(logits[i] - max);
  for (size_t i = 0; i < count; i++)
    logits[i] -= max + log(total);
}

double judge_weight(const population *p, const belief *known) {
  return known->heard / (known->heard + (double)p->caution);
}

/* How far x lies from everything that the model was trained on: its squared distance, per dimension, from the nearest
 * emotion of a speaker, as far as speakers go. Rarely above 1 for what is like the training speech. */
static double strangeness(const population *p, const float *x, const double *shift, int is_known) {
  double nearest = INFINITY;
  for (size_t y = 0; y < p->labels; y++) {
    double distance = 0;
    for (size_t d = 0; d < p->dimensions; d++) {
      double away = (double)x[d] - shift[d] - (double)p->means[y * p->dimensions + d];
      distance += away * away / (is_known ? 1 : 1 + (double)p->between[d]);
    }
    nearest = fmin(nearest, distance);
  }
  return nearest / (double)p->dimensions;
}

void judge_evidence(const population *p, const light *in, const belief *known, const float *evidence,
                    float *probabilities) {
  static const double nowhere[EMOVOX_MAX_EVIDENCE];
  const float *x = evidence + p->labels;
  if (known && known->heard <= 0) known = NULL;
  const double *shift = known ? known->shift : nowhere;
  double verdict[EMOVOX_MAX_LABELS], relative[EMOVOX_MAX_LABELS], weight = known ? judge_weight(p, known) : 0;
  for (size_t y = 0; y < p->labels; y++) {
    verdict[y] = (double)evidence[y];
    relative[y] = (double)p->relative_bias[y];
    for (size_t d = 0; d < p->dimensions; d++)
      relative[y] += (double)p->relative[y * p->dimensions + d] * ((double)x[d] - shift[d]);
  }
  normalize_logs(verdict, p->labels);
  normalize_logs(relative, p->labels);

  double surprise = fmax(strangeness(p, x, shift, known != NULL) - 1, 0) * (double)p->surprise;
  for (size_t y = 0; y < p->labels; y++) {
    verdict[y] += weight * (relative[y] - verdict[y]);
    verdict[y] = verdict[y] / (1 + surprise) + log((double)in->prior[y]);
  }
  normalize_logs(verdict, p->labels);
  for (size_t y = 0; y < p->labels; y++)
    probabilities[y] = (float)exp(verdict[y]);
}

int judge_plausible(const population *p, const float *evidence) {
  for (size_t i = 0; i < population_evidence(p); i++)
    if (!(fabsf(evidence[i]) <= 1e6F)) return 0;
  return 1;
}
