/* SPDX-License-Identifier: MIT */
#include "nn/attention.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/activation.h"
#include "nn/linear.h"
#include "nn/matmul.h"

struct attention {
  size_t channels, heads;
  matmul *compare, *collect;          /* q k^T; weights v */
  float *query, *key, *value, *mixed; /* (steps, width) of one head */
  float *weights;                     /* (steps, steps) */
};

/* One head's columns of x (steps, channels), times a scale. */
static void take_head(const attention *self, const float *x, size_t head, size_t steps, float scale, float *out) {
  size_t width = self->channels / self->heads;
  for (size_t t = 0; t < steps; t++)
    for (size_t c = 0; c < width; c++)
      out[t * width + c] = scale * x[t * self->channels + head * width + c];
}

emovox_status attention_run(attention *self, const float *query, const float *key, const float *value, size_t steps,
                            float *output) {
  size_t width = self->channels / self->heads;
  float scale = 1 / sqrtf((float)width);
  emovox_status status;
  for (size_t head = 0; head < self->heads; head++) {
    take_head(self, query, head, steps, scale, self->query);
    take_head(self, key, head, steps, 1, self->key);
    take_head(self, value, head, steps, 1, self->value);
    if ((status = matmul_run(self->compare, self->query, self->key, steps, width, steps, self->weights))) return status;
    for (size_t t = 0; t < steps; t++)
      activation_softmax(self->weights + t * steps, steps);
    if ((status = matmul_run(self->collect, self->weights, self->value, steps, steps, width, self->mixed)))
      return status;
    for (size_t t = 0; t < steps; t++)
      memcpy(output + t * self->channels + head * width, self->mixed + t * width, width * sizeof(float));
  }
  return EMOVOX_OK;
}

static emovox_status build(attention *self, size_t max_steps) {
  size_t width = self->channels / self->heads;
  float **narrow[] = {&self->query, &self->key, &self->value, &self->mixed};
  for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++)
    if (!(*narrow[i] = calloc(max_steps * width + NN_PADDING, sizeof(float)))) return EMOVOX_ERROR_MEMORY;
  self->weights = calloc(max_steps * max_steps + NN_PADDING, sizeof(float));
  if (!self->weights) return EMOVOX_ERROR_MEMORY;
  emovox_status status = matmul_create(width, max_steps, 1, &self->compare);
  return status ? status : matmul_create(max_steps, width, 0, &self->collect);
}

emovox_status attention_create(size_t channels, size_t heads, size_t max_steps, attention **out) {
  attention *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  self->channels = channels;
  self->heads = heads;
  emovox_status status = build(self, max_steps);
  if (status)
    attention_destroy(self);
  else
    *out = self;
  return status;
}

void attention_destroy(attention *self) {
  if (!self) return;
  matmul_destroy(self->compare);
  matmul_destroy(self->collect);
  free(self->query);
  free(self->key);
  free(self->value);
  free(self->mixed);
  free(self->weights);
  free(self);
}
