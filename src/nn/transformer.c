/* SPDX-License-Identifier: MIT */
#include "nn/transformer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/activation.h"
#include "nn/attention.h"
#include "nn/layer_norm.h"

typedef struct norm {
  float *weight, *bias; /* (channels) */
} norm;

typedef struct block {
  norm attention_norm, mlp_norm;
  linear *query, *key, *value, *out; /* channels -> channels */
  linear *expand, *contract;         /* channels -> mlp -> channels */
} block;

struct transformer {
  transformer_params params;
  block blocks[TRANSFORMER_MAX_BLOCKS];
  attention *attention;
  float *positions;                    /* (max_steps, channels) */
  float *normed, *query, *key, *value; /* (max_steps, channels) */
  float *hidden;                       /* (max_steps, mlp) */
};

static void add(float *restrict x, const float *restrict y, size_t n) {
  for (size_t i = 0; i < n; i++)
    x[i] += y[i];
}

emovox_status transformer_run(transformer *self, size_t index, const float *input, size_t steps, float *output) {
  const block *b = &self->blocks[index];
  size_t channels = self->params.channels, count = steps * channels;
  float *x = output, *y = self->normed, *query = self->query, *key = self->key, *value = self->value;
  emovox_status status;

  memcpy(x, input, count * sizeof(float));
  if (index == 0) add(x, self->positions, count);

  layer_norm(x, steps, channels, b->attention_norm.weight, b->attention_norm.bias, y);
  linear *const projections[] = {b->query, b->key, b->value};
  float *const projected[] = {query, key, value};
  if ((status = linear_run_all(projections, 3, y, steps, projected))) return status;
  if ((status = attention_run(self->attention, query, key, value, steps, query))) return status;
  if ((status = linear_run(b->out, query, steps, y))) return status;
  add(x, y, count);

  layer_norm(x, steps, channels, b->mlp_norm.weight, b->mlp_norm.bias, y);
  if ((status = linear_run(b->expand, y, steps, self->hidden))) return status;
  activation_gelu(self->hidden, steps * self->params.mlp);
  if ((status = linear_run(b->contract, self->hidden, steps, y))) return status;
  add(x, y, count);
  return EMOVOX_OK;
}

/* Whisper's sinusoids(): wavelengths from 2 pi to 10000 * 2 pi, sines in the first half, cosines in the second. */
static void fill_positions(float *positions, size_t steps, size_t channels) {
  size_t half = channels / 2;
  for (size_t t = 0; t < steps; t++)
    for (size_t i = 0; i < half; i++) {
      double angle = (double)t * exp(-log(10000) * (double)i / (double)(half - 1));
      positions[t * channels + i] = (float)sin(angle);
      positions[t * channels + half + i] = (float)cos(angle);
    }
}

static void block_scope(char out[SAFETENSORS_MAX_NAME], size_t number, const char *name) {
  const char numbered[] = {'b', 'l', 'o', 'c', 'k', (char)('0' + number), 0};
  safetensors_name(out, numbered, name);
}

static norm load_norm(loader *file, size_t number, const char *name, size_t channels) {
  char scope[SAFETENSORS_MAX_NAME];
  block_scope(scope, number, name);
  norm n;
  n.weight = loader_tensor(file, scope, "weight", 1, &channels);
  n.bias = loader_tensor(file, scope, "bias", 1, &channels);
  return n;
}

static linear *load_linear(loader *file, size_t number, const char *name, size_t in, size_t out, int bias) {
  char scope[SAFETENSORS_MAX_NAME];
  block_scope(scope, number, name);
  return loader_linear(file, scope, in, out, bias);
}

static block load_block(loader *file, size_t number, const transformer_params *p) {
  block b;
  b.attention_norm = load_norm(file, number, "attention_norm", p->channels);
  b.query = load_linear(file, number, "query", p->channels, p->channels, 1);
  b.key = load_linear(file, number, "key", p->channels, p->channels, 0);
  b.value = load_linear(file, number, "value", p->channels, p->channels, 1);
  b.out = load_linear(file, number, "out", p->channels, p->channels, 1);
  b.mlp_norm = load_norm(file, number, "mlp_norm", p->channels);
  b.expand = load_linear(file, number, "expand", p->channels, p->mlp, 1);
  b.contract = load_linear(file, number, "contract", p->mlp, p->channels, 1);
  return b;
}

static emovox_status allocate(transformer *self, size_t max_steps) {
  const transformer_params *p = &self->params;
  const struct {
    float **out;
    size_t channels;
  } arrays[] = {{&self->positions, p->channels}, {&self->normed, p->channels}, {&self->query, p->channels},
                {&self->key, p->channels},       {&self->value, p->channels},  {&self->hidden, p->mlp}};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
    if (!(*arrays[i].out = calloc(max_steps * arrays[i].channels + NN_PADDING, sizeof(float))))
      return EMOVOX_ERROR_MEMORY;
  fill_positions(self->positions, max_steps, p->channels);
  return attention_create(p->channels, p->heads, max_steps, &self->attention);
}

transformer *transformer_load(loader *file, const transformer_params *params, size_t max_steps) {
  transformer *self = calloc(1, sizeof *self);
  if (!self) {
    file->status = file->status ? file->status : EMOVOX_ERROR_MEMORY;
    return NULL;
  }
  self->params = *params;
  for (size_t i = 0; i < params->blocks; i++)
    self->blocks[i] = load_block(file, i + 1, params);
  if (!file->status && !file->check_only) file->status = allocate(self, max_steps);
  return self;
}

void transformer_destroy(transformer *self) {
  if (!self) return;
  for (size_t i = 0; i < self->params.blocks; i++) {
    block *b = &self->blocks[i];
    linear *linears[] = {b->query, b->key, b->value, b->out, b->expand, b->contract};
    for (size_t k = 0; k < sizeof linears / sizeof *linears; k++)
      linear_destroy(linears[k]);
    free(b->attention_norm.weight);
    free(b->attention_norm.bias);
    free(b->mlp_norm.weight);
    free(b->mlp_norm.bias);
  }
  attention_destroy(self->attention);
  free(self->positions);
  free(self->normed);
  free(self->query);
  free(self->key);
  free(self->value);
  free(self->hidden);
  free(self);
}
