/* SPDX-License-Identifier: MIT */
#include "pipeline/population.h"

void population_read(population *self, loader *file) {
  const size_t matrix[] = {self->labels, self->dimensions};
  loader_read(file, "between", 1, &self->dimensions, self->between);
  loader_read(file, "means", 2, matrix, self->means);
  loader_read(file, "relative.weight", 2, matrix, self->relative);
  loader_read(file, "relative.bias", 1, &self->labels, self->relative_bias);
}
