/* SPDX-License-Identifier: MIT */
#include "pipeline/belief.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 30 };
static const double least_prior = 1e-6;
static const double settled = 1e-4; /* a shift that moves less has arrived; within speakers the deviation is 1 */

static double product(const float *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += (double)a[i] * b[i];
  return sum;
}

void belief_observe(const population *p, const float *evidence, float weight, uint32_t allowed, observation *out) {
  const float *x = evidence + p->labels;
  *out = (observation){.weight = weight, .allowed = allowed};
  memcpy(out->x, x, p->dimensions * sizeof(float));
  double max = -INFINITY, total = 0, fit[EMOVOX_MAX_LABELS];
  for (size_t y = 0; y < p->labels; y++)
    max = fmax(max, (double)evidence[y]);
  for (size_t y = 0; y < p->labels; y++)
    total += exp((double)evidence[y] - max);
  for (size_t y = 0; y < p->labels; y++) {
    const float *m = p->means + y * p->dimensions;
    fit[y] = (double)evidence[y] - max - log(total);
    for (size_t d = 0; d < p->dimensions; d++)
      fit[y] += ((double)x[d] - 0.5 * (double)m[d]) * (double)m[d];
    out->fit[y] = (float)fit[y];
  }
}

/* Which emotions an observation may show, given what each is worth before it is seen. */
static void attribute(const population *p, const double *worth, const observation *o, double *shares) {
  double max = -INFINITY, total = 0;
  for (size_t y = 0; y < p->labels; y++) {
    shares[y] = o->allowed >> y & 1 ? (double)o->fit[y] + worth[y] : -INFINITY;
    max = fmax(max, shares[y]);
  }
  for (size_t y = 0; y < p->labels; y++)
    total += shares[y] = max > -INFINITY ? exp(shares[y] - max) : 0;
  for (size_t y = 0; y < p->labels; y++)
    shares[y] = total > 0 ? shares[y] / total : 0;
}

/* What each emotion is worth before a segment is seen: log prior - s m, as x m and m m / 2 are in its fit. Nothing is
 * impossible: somebody may show what nobody expects. */
static void value(const population *p, const float *prior, const double *shift, double *worth) {
  for (size_t y = 0; y < p->labels; y++)
    worth[y] = log(fmax((double)prior[y], least_prior)) - product(p->means + y * p->dimensions, shift, p->dimensions);
}

void belief_learn(const population *p, const float *prior, const observation *observations, size_t count,
                  const residue *rest, belief *out) {
  double sum[EMOVOX_MAX_EVIDENCE], weight = rest->weight;
  memcpy(sum, rest->sum, sizeof sum);
  for (size_t i = 0; i < count; i++) {
    const observation *o = &observations[i];
    weight += (double)o->weight;
    for (size_t d = 0; d < p->dimensions; d++)
      sum[d] += (double)o->weight * (double)o->x[d];
  }
  *out = (belief){.heard = weight};
  if (weight <= 0) return;

  double moved = INFINITY;
  for (int round = 0; round < ROUNDS && moved > settled; round++) {
    double worth[EMOVOX_MAX_LABELS], shares[EMOVOX_MAX_LABELS], seen[EMOVOX_MAX_LABELS] = {0};
    value(p, prior, out->shift, worth);
    for (size_t i = 0; i < count; i++) {
      attribute(p, worth, &observations[i], shares);
      for (size_t y = 0; y < p->labels; y++)
        seen[y] += (double)observations[i].weight * shares[y];
    }
    moved = 0;
    for (size_t d = 0; d < p->dimensions; d++) {
      double explained = 0;
      for (size_t y = 0; y < p->labels; y++)
        explained += seen[y] * (double)p->means[y * p->dimensions + d];
      double precision = 1 / (double)p->between[d] + (double)p->share * weight;
      double shift = (double)p->share * (sum[d] - explained) / precision;
      moved = fmax(moved, fabs(shift - out->shift[d]));
      out->shift[d] = shift;
    }
  }
}

void belief_condense(const population *p, const float *prior, const belief *self, const observation *observations,
                     size_t count, residue *rest) {
  double worth[EMOVOX_MAX_LABELS], shares[EMOVOX_MAX_LABELS];
  value(p, prior, self->shift, worth);
  for (size_t i = 0; i < count; i++) {
    const observation *o = &observations[i];
    attribute(p, worth, o, shares);
    rest->weight += (double)o->weight;
    for (size_t d = 0; d < p->dimensions; d++) {
      double mean = 0;
      for (size_t y = 0; y < p->labels; y++)
        mean += shares[y] * (double)p->means[y * p->dimensions + d];
      rest->sum[d] += (double)o->weight * ((double)o->x[d] - mean);
    }
  }
}
