/* SPDX-License-Identifier: MIT */
#include "nn/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/activation.h"
#include "nn/pooling.h"

struct network {
  network_params params;
  conv *convs[NETWORK_CONVS];
  transformer *transformer; /* NULL without blocks */
  lstm *forward, *backward;
  float *attention, *attention_bias; /* (2 hidden), (1) */
  linear *speech;                    /* a state of the LSTM, both ways -> 1 */
  linear *head;                      /* embedding -> components and dimensions */
  linear *intensity;                 /* embedding -> 1 */
  /* Results, in the order in which they are made. */
  float *conv1;                                                 /* (frames, out) */
  float *encoder[NETWORK_MAX_OUTPUTS];                          /* (conv2's steps, channels) */
  float *conv3;                                                 /* (steps, out) */
  float *hidden;                                                /* (steps, 2 hidden) */
  float *salience;                                              /* (steps) */
  float *embedding;                                             /* (embedding_size) */
  float *voiced;                                                /* (steps) logits of speech */
  float answers[MIXTURE_MAX_COMPONENTS + NETWORK_MAX_EVIDENCE]; /* (head_size) */
  float evidence[NETWORK_MAX_EVIDENCE];
};

static size_t embedding_size(const network_params *p) {
  return p->statistics_count * 2 * p->transformer.channels + 2 * p->hidden;
}

static size_t head_size(const network_params *p) {
  return p->mixture.components + p->dimensions;
}

/* The head's answers -> log-probabilities of the labels for a stranger, and what the other rows say. */
static void conclude(const network_params *p, const float *answers, float *evidence) {
  double components[MIXTURE_MAX_COMPONENTS], labels[EMOVOX_MAX_LABELS];
  for (size_t c = 0; c < p->mixture.components; c++)
    components[c] = (double)answers[c];
  mixture_log_probabilities(&p->mixture, components, labels);
  for (size_t y = 0; y < p->mixture.labels; y++)
    evidence[y] = (float)labels[y];
  memcpy(evidence + p->mixture.labels, answers + p->mixture.components, p->dimensions * sizeof(float));
}

/* Convolution i and its GELU; `steps` becomes those of the output. */
static emovox_status convolve(network *self, int i, const float *input, size_t *steps, float *output) {
  const conv_params *p = &self->params.convs[i];
  emovox_status status = conv_run(self->convs[i], input, *steps, output);
  *steps = conv_steps(p, *steps);
  activation_gelu(output, *steps * p->out);
  return status;
}

/* The forward pass. */
emovox_status network_run(network *self, const float *frames, size_t steps, network_output *output) {
  const network_params *p = &self->params;
  size_t blocks = p->transformer.blocks, channels = p->transformer.channels, states = 2 * p->hidden;
  float **encoder = self->encoder, *hidden = self->hidden, *e = self->embedding, intensity;
  emovox_status status;

  if ((status = convolve(self, 0, frames, &steps, self->conv1))) return status;
  if ((status = convolve(self, 1, self->conv1, &steps, encoder[0]))) return status;
  for (size_t i = 0; i < blocks; i++)
    if ((status = transformer_run(self->transformer, i, encoder[i], steps, encoder[i + 1]))) return status;

  for (size_t k = 0; k < p->statistics_count; k++, e += 2 * channels)
    pooling_statistics(encoder[p->statistics[k]], steps, channels, e, e + channels);
  if ((status = convolve(self, 2, encoder[blocks], &steps, self->conv3))) return status;
  if ((status = lstm_run(self->forward, self->conv3, steps, hidden, states))) return status;
  if ((status = lstm_run(self->backward, self->conv3, steps, hidden + p->hidden, states))) return status;
  pooling_attention(hidden, steps, states, self->attention, *self->attention_bias, self->salience, e);

  if ((status = linear_run(self->head, self->embedding, 1, self->answers))) return status;
  conclude(p, self->answers, self->evidence);
  if ((status = linear_run(self->intensity, self->embedding, 1, &intensity))) return status;
  if ((status = linear_run(self->speech, hidden, steps, self->voiced))) return status;

  *output = (network_output){
      .evidence = self->evidence, .intensity = 1 / (1 + expf(-intensity)), .salience = self->salience, .steps = steps};
  size_t speech = 0;
  for (size_t t = 0; t < steps; t++)
    speech += self->voiced[t] > 0;
  output->speech_ratio = (float)speech / (float)steps;
  return EMOVOX_OK;
}

size_t network_step_frames(const network_params *params) {
  size_t frames = 1;
  for (int i = 0; i < NETWORK_CONVS; i++)
    frames *= params->convs[i].stride;
  return frames;
}

/* Steps of a full sequence after so many convolutions. */
static size_t max_steps(const network_params *p, int convs) {
  size_t steps = p->max_frames;
  for (int i = 0; i < convs; i++)
    steps = conv_steps(&p->convs[i], steps);
  return steps;
}

static void load(network *self, loader *file) {
  const network_params *p = &self->params;
  const char *const convs[NETWORK_CONVS] = {"conv1", "conv2", "conv3"};
  for (int i = 0; i < NETWORK_CONVS; i++)
    self->convs[i] = loader_conv(file, convs[i], &p->convs[i]);
  if (p->transformer.blocks) self->transformer = transformer_load(file, &p->transformer, max_steps(p, 2));
  size_t channels = p->convs[2].out, steps = max_steps(p, NETWORK_CONVS), one = 1;
  self->forward = loader_lstm(file, "lstm.forward", &(lstm_params){channels, p->hidden, 0}, steps);
  self->backward = loader_lstm(file, "lstm.backward", &(lstm_params){channels, p->hidden, 1}, steps);
  self->attention = loader_tensor(file, "attention", "weight", 2, (const size_t[]){1, 2 * p->hidden});
  self->attention_bias = loader_tensor(file, "attention", "bias", 1, &one);
  self->speech = loader_linear(file, "speech", 2 * p->hidden, 1, 1);
  self->head = loader_linear(file, "head", embedding_size(p), head_size(p), 1);
  self->intensity = loader_linear(file, "intensity", embedding_size(p), 1, 1);
}

static float *new_result(size_t count) {
  return calloc(count + NN_PADDING, sizeof(float));
}

static emovox_status allocate(network *self) {
  const network_params *p = &self->params;
  size_t steps = max_steps(p, NETWORK_CONVS);
  for (size_t i = 0; i <= p->transformer.blocks; i++)
    if (!(self->encoder[i] = new_result(max_steps(p, 2) * p->convs[1].out))) return EMOVOX_ERROR_MEMORY;
  self->conv1 = new_result(max_steps(p, 1) * p->convs[0].out);
  self->conv3 = new_result(steps * p->convs[2].out);
  self->hidden = new_result(steps * 2 * p->hidden);
  self->salience = new_result(steps);
  self->embedding = new_result(embedding_size(p));
  self->voiced = new_result(steps);
  int all = self->conv1 && self->conv3 && self->hidden && self->salience && self->embedding && self->voiced;
  return all ? EMOVOX_OK : EMOVOX_ERROR_MEMORY;
}

void network_check(const network_params *params, loader *file) {
  network *self = calloc(1, sizeof *self);
  if (!self) {
    file->status = EMOVOX_ERROR_MEMORY;
    return;
  }
  self->params = *params;
  load(self, file);
  network_destroy(self);
}

emovox_status network_create(const network_params *params, const safetensors *file, network **out) {
  network *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  self->params = *params;
  loader source = {.file = file};
  load(self, &source);
  emovox_status status = source.status ? source.status : allocate(self);
  if (status)
    network_destroy(self);
  else
    *out = self;
  return status;
}

void network_destroy(network *self) {
  if (!self) return;
  for (int i = 0; i < NETWORK_CONVS; i++)
    conv_destroy(self->convs[i]);
  transformer_destroy(self->transformer);
  lstm_destroy(self->forward);
  lstm_destroy(self->backward);
  linear_destroy(self->speech);
  linear_destroy(self->head);
  linear_destroy(self->intensity);
  for (size_t i = 0; i < NETWORK_MAX_OUTPUTS; i++)
    free(self->encoder[i]);
  float *owned[] = {self->attention, self->attention_bias, self->conv1,     self->conv3,
                    self->hidden,    self->salience,       self->embedding, self->voiced};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
    free(owned[i]);
  free(self);
}

network_layers network_inspect(const network *self) {
  network_layers layers = {.conv1 = self->conv1,
                           .conv3 = self->conv3,
                           .lstm = self->hidden,
                           .speech = self->voiced,
                           .embedding = self->embedding};
  memcpy(layers.encoder, self->encoder, sizeof layers.encoder);
  return layers;
}
