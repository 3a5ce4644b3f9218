/* SPDX-License-Identifier: MIT */
#include "pipeline/adaptation.h"

#include "nn/activation.h"

void adaptation_read(adaptation *self, loader *file) {
  const size_t components = self->mixture.components;
  loader_read(file, "adapted.bias", 1, &components, self->bias);
  loader_read(file, "ordinary", 1, &components, self->ordinary);
}

/* |u|^2 */
static double square(const double *u, size_t components) {
  double sum = 0;
  for (size_t c = 0; c < components; c++)
    sum += u[c] * u[c];
  return sum;
}

void adaptation_hear(const adaptation *self, adaptation_sums *sums, const float *u, double seconds) {
  double wide[MIXTURE_MAX_COMPONENTS];
  for (size_t c = 0; c < self->mixture.components; c++)
    sums->sum[c] += seconds * (wide[c] = (double)u[c]);
  sums->seconds += seconds;
  sums->squares += seconds * seconds;
  sums->scatter += seconds * square(wide, self->mixture.components);
}

void adaptation_enroll(const adaptation *self, adaptation_sums *sums, const float *u, double seconds) {
  for (size_t c = 0; c < self->mixture.components; c++)
    sums->offset[c] += seconds * ((double)u[c] - (double)self->ordinary[c]);
  sums->enrolled += seconds;
}

/* How diverse what was heard is, 0..1: the variance of u (unbiased, weighted by seconds) beyond that within an emotion,
 * as a share of that between the emotions. */
static double diversity(const adaptation *self, const adaptation_sums *sums) {
  const size_t components = self->mixture.components;
  double total = sums->seconds * sums->seconds, mean[MIXTURE_MAX_COMPONENTS];
  if (sums->squares * 1.5 >= total) return 0; /* fewer than 1.5 segments, were they equally long */
  for (size_t c = 0; c < components; c++)
    mean[c] = sums->sum[c] / sums->seconds;
  double variance = (sums->scatter / sums->seconds - square(mean, components)) / (1 - sums->squares / total);
  double share = (variance - (double)self->within) / (double)self->between;
  return share < 0 ? 0 : share > 1 ? 1 : share;
}

double adaptation_weight(const adaptation *self, const adaptation_sums *sums) {
  double known = sums->enrolled + diversity(self, sums) * sums->seconds;
  return known / (known + (double)self->prior_seconds);
}

void adaptation_judge(const adaptation *self, const adaptation_sums *sums, const float *logits, const float *u,
                      float *probabilities) {
  const mixture *m = &self->mixture;
  double wide[MIXTURE_MAX_COMPONENTS], verdict[EMOVOX_MAX_LABELS], adapted[EMOVOX_MAX_LABELS];
  for (size_t c = 0; c < m->components; c++)
    wide[c] = (double)logits[c];
  mixture_log_probabilities(m, wide, verdict);

  double beta = sums ? diversity(self, sums) : 0, known = sums ? sums->enrolled + beta * sums->seconds : 0;
  if (known > 0) {
    for (size_t c = 0; c < m->components; c++) {
      double usual = (sums->offset[c] + beta * sums->sum[c]) / known;
      wide[c] = (double)u[c] - usual + (double)self->bias[c];
    }
    mixture_log_probabilities(m, wide, adapted);
    double weight = known / (known + (double)self->prior_seconds);
    for (size_t y = 0; y < m->labels; y++)
      verdict[y] += weight * (adapted[y] - verdict[y]);
  }
  for (size_t y = 0; y < m->labels; y++)
    probabilities[y] = (float)verdict[y];
  activation_softmax(probabilities, m->labels);
}
