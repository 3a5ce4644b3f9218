/* SPDX-License-Identifier: MIT */
#include "nn/loader.h"

#include <stdlib.h>

emovox_status loader_end(const loader *self) {
  if (self->status) return self->status;
  return self->tensors == self->file->count ? EMOVOX_OK : EMOVOX_ERROR_MODEL_TENSOR;
}

void loader_read(loader *self, const char *name, size_t rank, const size_t *shape, float *out) {
  const tensor *t = safetensors_find(self->file, name);
  if (!self->status) self->status = safetensors_read(self->file, name, rank, shape, out);
  self->tensors += t && t->type == TENSOR_I8 ? 2 : 1; /* with its scale */
}

float *loader_tensor(loader *self, const char *scope, const char *name, size_t rank, const size_t *shape) {
  char full[SAFETENSORS_MAX_NAME];
  safetensors_name(full, scope, name);
  loader_read(self, full, rank, shape, NULL);
  if (self->status || self->check_only) return NULL;
  size_t count = 1;
  for (size_t i = 0; i < rank; i++)
    count *= shape[i];
  float *out = malloc(count * sizeof(float));
  self->status = out ? safetensors_read(self->file, full, rank, shape, out) : EMOVOX_ERROR_MEMORY;
  return out;
}

static int making(const loader *self) {
  return !self->status && !self->check_only;
}

/* SCOPE.NAME as it is in the file; the floats are to be freed. */
static weights read_weights(loader *self, const char *scope, const char *name, size_t rank, const size_t *shape) {
  char full[SAFETENSORS_MAX_NAME], scale[SAFETENSORS_MAX_NAME];
  const tensor *t = safetensors_find(self->file, safetensors_name(full, scope, name));
  if (!t || t->type == TENSOR_F32) return (weights){.floats = loader_tensor(self, scope, name, rank, shape)};
  loader_read(self, full, rank, shape, NULL);
  if (!making(self)) return (weights){0};
  weights w = {(int8_t *)t->data, malloc(shape[0] * sizeof(float))};
  self->status = w.floats ? safetensors_read(self->file, safetensors_name(scale, full, "scale"), 1, shape, w.floats)
                          : EMOVOX_ERROR_MEMORY;
  return w;
}

conv *loader_conv(loader *self, const char *scope, const conv_params *p) {
  weights weight = read_weights(self, scope, "weight", 3, (const size_t[]){p->out, p->in, p->kernel});
  float *bias = loader_tensor(self, scope, "bias", 1, &p->out);
  conv *layer = NULL;
  if (making(self)) self->status = conv_create(p, &weight, bias, &layer);
  free(weight.floats);
  free(bias);
  return layer;
}

linear *loader_linear(loader *self, const char *scope, size_t in, size_t out, int has_bias) {
  weights weight = read_weights(self, scope, "weight", 2, (const size_t[]){out, in});
  float *bias = has_bias ? loader_tensor(self, scope, "bias", 1, &out) : NULL;
  linear *layer = NULL;
  if (making(self)) self->status = linear_create(in, out, &weight, bias, &layer);
  free(weight.floats);
  free(bias);
  return layer;
}

lstm *loader_lstm(loader *self, const char *scope, const lstm_params *p, size_t max_steps) {
  size_t gates = 4 * p->hidden;
  weights input = read_weights(self, scope, "input.weight", 2, (const size_t[]){gates, p->in});
  float *recurrent = loader_tensor(self, scope, "recurrent.weight", 2, (const size_t[]){gates, p->hidden});
  float *bias = loader_tensor(self, scope, "bias", 1, &gates);
  lstm *layer = NULL;
  if (making(self)) self->status = lstm_create(p, max_steps, &input, recurrent, bias, &layer);
  free(input.floats);
  free(recurrent);
  free(bias);
  return layer;
}
