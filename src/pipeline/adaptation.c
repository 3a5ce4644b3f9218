/* SPDX-License-Identifier: MIT */
#include "pipeline/adaptation.h"

#include "nn/activation.h"

void adaptation_read(adaptation *self, loader *file) {
  const size_t components = self->mixture.components;
  loader_read(file, "adapted.bias", 1, &components, self->bias);
  loader_read(file, "ordinary", 1, &components, self->ordinary);
  const tensor *spread = safetensors_find(file->file, "spread.weight");
  self->spreads = spread ? spread->shape[0] : 1;
  if (!file->status && self->spreads > ADAPTATION_MAX_SPREADS) file->status = EMOVOX_ERROR_MODEL_SHAPE;
  loader_read(file, "spread.weight", 2, (const size_t[]){self->spreads, components}, self->spread);
}

/* |spread u|^2 */
static double scatter(const adaptation *self, const double *u) {
  double sum = 0;
  for (size_t s = 0; s < self->spreads; s++) {
    double v = 0;
    for (size_t c = 0; c < self->mixture.components; c++)
      v += (double)self->spread[s * self->mixture.components + c] * u[c];
    sum += v * v;
  }
  return sum;
}

void adaptation_hear(const adaptation *self, adaptation_sums *sums, const float *u, double seconds) {
  double wide[MIXTURE_MAX_COMPONENTS];
  for (size_t c = 0; c < self->mixture.components; c++)
    sums->sum[c] += seconds * (wide[c] = (double)u[c]);
  sums->seconds += seconds;
  sums->squares += seconds * seconds;
  sums->scatter += seconds * scatter(self, wide);
}

void adaptation_enroll(const adaptation *self, adaptation_sums *sums, const float *u, double seconds) {
  for (size_t c = 0; c < self->mixture.components; c++)
    sums->offset[c] += seconds * ((double)u[c] - (double)self->ordinary[c]);
  sums->enrolled += seconds;
}

/* How diverse what was heard is, 0..1: the variance of v (unbiased, weighted by seconds) beyond that within an
 * emotion. */
static double diversity(const adaptation *self, const adaptation_sums *sums) {
  double total = sums->seconds * sums->seconds, mean[MIXTURE_MAX_COMPONENTS];
  if (sums->squares * 1.5 >= total) return 0; /* fewer than 1.5 segments, were they equally long */
  for (size_t c = 0; c < self->mixture.components; c++)
    mean[c] = sums->sum[c] / sums->seconds;
  double variance = (sums->scatter / sums->seconds - scatter(self, mean)) / (1 - sums->squares / total);
  double excess = variance - (double)self->within;
  return excess < 0 ? 0 : excess > 1 ? 1 : excess;
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
    probabilities[y] = (float)(verdict[y] / (double)self->temperature);
  activation_softmax(probabilities, m->labels);
}
