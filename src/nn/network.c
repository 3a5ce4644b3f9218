/* SPDX-License-Identifier: MIT */
#include "nn/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/activation.h"
#include "nn/lstm.h"
#include "nn/pooling.h"

/* The convolution whose output is pooled directly, beside the LSTM. */
enum { POOLED_CONV = 1, LAST_CONV = NETWORK_CONVS - 1 };

struct network {
  network_params params;
  conv *convs[NETWORK_CONVS];
  lstm *forward, *backward;
  float *attention, *attention_bias; /* (2 hidden), (1) */
  float *speech, *speech_bias;       /* (last conv), (1) */
  float *head, *head_bias;           /* (labels, pooled), (labels) */
  float *activations[NETWORK_CONVS]; /* (steps, out) */
  float *hidden;                     /* (steps, 2 hidden) */
  float *scores;                     /* (steps) */
  float *pooled;                     /* mean, deviation, attention */
  float logits[EMOVOX_MAX_LABELS];
};

static size_t pooled_size(const network_params *p) {
  return 2 * p->convs[POOLED_CONV].out + 2 * p->hidden;
}

/* The forward pass. */
emovox_status network_run(network *self, const float *frames, size_t steps, network_output *output) {
  const network_params *p = &self->params;
  size_t hidden = p->hidden, channels = p->convs[LAST_CONV].out, pooled_channels = p->convs[POOLED_CONV].out;
  float *mean = self->pooled, *deviation = mean + pooled_channels, *attended = deviation + pooled_channels;
  const float *last = self->activations[LAST_CONV];
  emovox_status status;

  for (int i = 0; i < NETWORK_CONVS; i++) {
    if ((status = conv_run(self->convs[i], frames, steps, self->activations[i]))) return status;
    steps = conv_steps(&p->convs[i], steps);
    frames = self->activations[i];
    activation_gelu(self->activations[i], steps * p->convs[i].out);
    if (i == POOLED_CONV) pooling_statistics(frames, steps, pooled_channels, mean, deviation);
  }
  if ((status = lstm_run(self->forward, last, steps, self->hidden, 2 * hidden))) return status;
  if ((status = lstm_run(self->backward, last, steps, self->hidden + hidden, 2 * hidden))) return status;
  pooling_attention(self->hidden, steps, 2 * hidden, self->attention, *self->attention_bias, self->scores, attended);

  for (size_t k = 0; k < p->labels; k++)
    self->logits[k] = pooling_dot(self->head + k * pooled_size(p), self->pooled, pooled_size(p), self->head_bias[k]);
  memset(output, 0, sizeof *output);
  memcpy(output->probabilities, self->logits, p->labels * sizeof(float));
  activation_softmax(output->probabilities, p->labels);

  size_t speech = 0;
  for (size_t t = 0; t < steps; t++)
    speech += pooling_dot(self->speech, last + t * channels, channels, *self->speech_bias) > 0;
  output->speech_ratio = (float)speech / (float)steps;
  return EMOVOX_OK;
}

/* One weight tensor: allocates *out and fills it, or only checks the file when `out` is NULL. */
static emovox_status load(const safetensors *file, const char *name, size_t rank, const size_t *shape, float **out) {
  emovox_status status = safetensors_read(file, name, rank, shape, NULL);
  if (status || !out) return status;
  size_t count = 1;
  for (size_t i = 0; i < rank; i++)
    count *= shape[i];
  if (!(*out = malloc(count * sizeof(float)))) return EMOVOX_ERROR_MEMORY;
  return safetensors_read(file, name, rank, shape, *out);
}

static emovox_status load_conv(const safetensors *file, int i, const network_params *p, conv **out) {
  const conv_params *c = &p->convs[i];
  size_t max_steps = p->max_frames;
  for (int k = 0; k < i; k++)
    max_steps = conv_steps(&p->convs[k], max_steps);
  char name[32];
  float *weight = NULL, *bias = NULL;
  snprintf(name, sizeof name, "conv%d.weight", i + 1);
  emovox_status status = load(file, name, 3, (const size_t[]){c->out, c->in, c->kernel}, out ? &weight : NULL);
  snprintf(name, sizeof name, "conv%d.bias", i + 1);
  if (!status) status = load(file, name, 1, &c->out, out ? &bias : NULL);
  if (!status && out) status = conv_create(c, max_steps, weight, bias, out);
  free(weight);
  free(bias);
  return status;
}

static emovox_status load_lstm(const safetensors *file, const char *direction, const network_params *p,
                               size_t max_steps, lstm **out) {
  lstm_params params = {p->convs[LAST_CONV].out, p->hidden, strcmp(direction, "backward") == 0};
  size_t gates = 4 * p->hidden;
  char name[48];
  float *input = NULL, *recurrent = NULL, *bias = NULL;
  snprintf(name, sizeof name, "lstm.%s.input.weight", direction);
  emovox_status status = load(file, name, 2, (const size_t[]){gates, params.in}, out ? &input : NULL);
  snprintf(name, sizeof name, "lstm.%s.recurrent.weight", direction);
  if (!status) status = load(file, name, 2, (const size_t[]){gates, p->hidden}, out ? &recurrent : NULL);
  snprintf(name, sizeof name, "lstm.%s.bias", direction);
  if (!status) status = load(file, name, 1, &gates, out ? &bias : NULL);
  if (!status && out) status = lstm_create(&params, max_steps, input, recurrent, bias, out);
  free(input);
  free(recurrent);
  free(bias);
  return status;
}

/* Every tensor of the network, in one list: with `self` NULL they are checked, else loaded. */
static emovox_status load_all(const safetensors *file, const network_params *p, network *self) {
  size_t channels = p->convs[LAST_CONV].out, states = 2 * p->hidden, one = 1, steps = p->max_frames;
  emovox_status status = EMOVOX_OK;
  for (int i = 0; i < NETWORK_CONVS; i++) {
    if ((status = load_conv(file, i, p, self ? &self->convs[i] : NULL))) return status;
    steps = conv_steps(&p->convs[i], steps);
  }
  if ((status = load_lstm(file, "forward", p, steps, self ? &self->forward : NULL))) return status;
  if ((status = load_lstm(file, "backward", p, steps, self ? &self->backward : NULL))) return status;
  const struct {
    const char *name;
    size_t rank, shape[2];
    float **out;
  } rest[] = {
      {"attention.weight", 2, {1, states}, self ? &self->attention : NULL},
      {"attention.bias", 1, {one}, self ? &self->attention_bias : NULL},
      {"speech.weight", 2, {1, channels}, self ? &self->speech : NULL},
      {"speech.bias", 1, {one}, self ? &self->speech_bias : NULL},
      {"head.weight", 2, {p->labels, pooled_size(p)}, self ? &self->head : NULL},
      {"head.bias", 1, {p->labels}, self ? &self->head_bias : NULL},
  };
  for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
    if ((status = load(file, rest[i].name, rest[i].rank, rest[i].shape, rest[i].out))) return status;
  return EMOVOX_OK;
}

emovox_status network_check(const network_params *params, const safetensors *file) {
  emovox_status status = load_all(file, params, NULL);
  if (status) return status;
  size_t known = 2 * NETWORK_CONVS + 2 * 3 + 6;
  for (size_t i = 0; i < file->count; i++)
    known += file->tensors[i].type == TENSOR_I8; /* each has been seen to have its scale */
  return known == file->count ? EMOVOX_OK : EMOVOX_ERROR_MODEL_TENSOR;
}

static emovox_status allocate_activations(network *self) {
  const network_params *p = &self->params;
  size_t steps = p->max_frames;
  for (int i = 0; i < NETWORK_CONVS; i++) {
    steps = conv_steps(&p->convs[i], steps);
    self->activations[i] = calloc(steps * p->convs[i].out + NN_PADDING, sizeof(float));
    if (!self->activations[i]) return EMOVOX_ERROR_MEMORY;
  }
  self->hidden = malloc(steps * 2 * p->hidden * sizeof(float));
  self->scores = malloc(steps * sizeof(float));
  self->pooled = malloc(pooled_size(p) * sizeof(float));
  return self->hidden && self->scores && self->pooled ? EMOVOX_OK : EMOVOX_ERROR_MEMORY;
}

emovox_status network_create(const network_params *params, const safetensors *file, network **out) {
  network *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  self->params = *params;
  emovox_status status = load_all(file, params, self);
  if (!status) status = allocate_activations(self);
  if (status)
    network_destroy(self);
  else
    *out = self;
  return status;
}

void network_destroy(network *self) {
  if (!self) return;
  for (int i = 0; i < NETWORK_CONVS; i++) {
    conv_destroy(self->convs[i]);
    free(self->activations[i]);
  }
  lstm_destroy(self->forward);
  lstm_destroy(self->backward);
  float *owned[] = {self->attention, self->attention_bias, self->speech, self->speech_bias, self->head,
                    self->head_bias, self->hidden,         self->scores, self->pooled};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
    free(owned[i]);
  free(self);
}

network_layers network_inspect(const network *self) {
  network_layers layers = {.lstm = self->hidden, .pooled = self->pooled, .logits = self->logits};
  for (int i = 0; i < NETWORK_CONVS; i++)
    layers.conv[i] = self->activations[i];
  return layers;
}
