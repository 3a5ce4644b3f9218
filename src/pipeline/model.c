/* SPDX-License-Identifier: MIT */
#include "pipeline/model.h"

#include <cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/fnv.h"

enum { FORMAT = 5, MAX_FRAMES = 3000, MAX_CHANNELS = 2048, MAX_KERNEL = 15, MAX_STRIDE = 4, MAX_HEADS = 64 };
enum { MAX_MLP = 4 * MAX_CHANNELS };

/* ---- metadata ---- */

static const cJSON *get(const cJSON *object, const char *key) {
  return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* Each reader returns whether the value is there and within range. */
static int read_float(const cJSON *item, double min, double max, float *out) {
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= min && item->valuedouble <= max)) return 0;
  *out = (float)item->valuedouble;
  return 1;
}

static int read_size(const cJSON *item, double min, double max, size_t *out) {
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= min && item->valuedouble <= max)) return 0;
  if (item->valuedouble != floor(item->valuedouble)) return 0;
  *out = (size_t)item->valuedouble;
  return 1;
}

static int read_int(const cJSON *item, int *out) {
  size_t value;
  if (!read_size(item, 0, 1e6, &value)) return 0;
  *out = (int)value;
  return 1;
}

static int read_string(const cJSON *item, const char **out) {
  *out = cJSON_GetStringValue(item);
  return *out && **out;
}

static int read_labels(const cJSON *labels, emovox_model *model) {
  int count = cJSON_GetArraySize(labels);
  if (!cJSON_IsArray(labels) || count < 2 || count > EMOVOX_MAX_LABELS) return 0;
  const cJSON *label = labels->child;
  for (int i = 0; i < count; i++, label = label->next) {
    if (!read_string(label, &model->labels[i])) return 0;
    for (int k = 0; k < i; k++)
      if (strcmp(model->labels[k], model->labels[i]) == 0) return 0;
  }
  model->people.labels = model->network.mixture.labels = (size_t)count;
  return 1;
}

/* One number in -1..1 per label. */
static int read_table(const cJSON *table, size_t labels, float *out) {
  const cJSON *item;
  if (!cJSON_IsArray(table) || (size_t)cJSON_GetArraySize(table) != labels) return 0;
  cJSON_ArrayForEach(item, table) if (!read_float(item, -1, 1, out++)) return 0;
  return 1;
}

static int read_front_end(const cJSON *front_end, logmel_params *p) {
  return read_int(get(front_end, "sample_rate"), &p->sample_rate) && read_int(get(front_end, "n_fft"), &p->n_fft) &&
         read_int(get(front_end, "hop"), &p->hop) && read_int(get(front_end, "n_mels"), &p->n_mels) &&
         read_float(get(front_end, "f_min"), 0, 1e6, &p->f_min) &&
         read_float(get(front_end, "f_max"), 0, 1e6, &p->f_max) &&
         read_float(get(front_end, "log_floor"), 1e-30, 1, &p->log_floor) && logmel_params_valid(p);
}

static int read_normalization(const cJSON *item, normalize_params *p) {
  return read_float(get(item, "range"), 1, 20, &p->range) && read_float(get(item, "gain"), 1e-3, 1e3, &p->gain) &&
         read_float(get(item, "bias"), -1e3, 1e3, &p->bias);
}

static int read_sequence(const cJSON *item, sequencer_params *p) {
  return read_size(get(item, "frames"), 1, MAX_FRAMES, &p->frames) &&
         read_size(get(item, "hop"), 1, (double)p->frames, &p->hop) &&
         read_size(get(item, "min_frames"), 1, (double)p->frames, &p->min_frames);
}

static int read_conv(const cJSON *channels, const cJSON *stride, const cJSON *kernel, size_t in, conv_params *p) {
  p->in = in;
  return read_size(channels, 1, MAX_CHANNELS, &p->out) && read_size(stride, 1, MAX_STRIDE, &p->stride) &&
         read_size(kernel, 1, MAX_KERNEL, &p->kernel) && p->kernel % 2 == 1;
}

static int read_blocks(const cJSON *encoder, size_t channels, transformer_params *p) {
  p->channels = channels;
  if (!read_size(get(encoder, "blocks"), 0, TRANSFORMER_MAX_BLOCKS, &p->blocks)) return 0;
  if (p->blocks == 0) return 1;
  return read_size(get(encoder, "heads"), 1, MAX_HEADS, &p->heads) && channels % p->heads == 0 &&
         read_size(get(encoder, "mlp"), 1, MAX_MLP, &p->mlp) && channels >= 4 && channels % 2 == 0;
}

static int read_encoder(const cJSON *encoder, size_t bands, network_params *p) {
  const cJSON *channels = get(encoder, "channels"), *strides = get(encoder, "strides"),
              *kernel = get(encoder, "kernel");
  if (!cJSON_IsArray(channels) || cJSON_GetArraySize(channels) != 2) return 0;
  if (!cJSON_IsArray(strides) || cJSON_GetArraySize(strides) != 2) return 0;
  return read_conv(channels->child, strides->child, kernel, bands, &p->convs[0]) &&
         read_conv(channels->child->next, strides->child->next, kernel, p->convs[0].out, &p->convs[1]) &&
         read_blocks(encoder, p->convs[1].out, &p->transformer);
}

static int read_statistics(const cJSON *statistics, network_params *p) {
  const cJSON *item;
  if (!cJSON_IsArray(statistics)) return 0;
  double next = 0;
  cJSON_ArrayForEach(item, statistics) {
    size_t *output = &p->statistics[p->statistics_count];
    if (!read_size(item, next, (double)p->transformer.blocks, output)) return 0; /* hence no more than there are */
    next = (double)*output + 1;
    p->statistics_count++;
  }
  return p->statistics_count > 0;
}

static int read_lstm(const cJSON *item, network_params *p) {
  return read_conv(get(item, "channels"), get(item, "stride"), get(item, "kernel"), p->convs[1].out, &p->convs[2]) &&
         read_size(get(item, "hidden"), 1, MAX_CHANNELS, &p->hidden);
}

/* The label of each component. Every label has one. */
static int read_components(const cJSON *components, mixture *m) {
  const cJSON *item;
  int seen[EMOVOX_MAX_LABELS] = {0};
  if (!cJSON_IsArray(components)) return 0;
  cJSON_ArrayForEach(item, components) {
    size_t label;
    if (m->components == MIXTURE_MAX_COMPONENTS || !read_size(item, 0, (double)m->labels - 1, &label)) return 0;
    m->label[m->components++] = label;
    seen[label] = 1;
  }
  for (size_t y = 0; y < m->labels; y++)
    if (!seen[y]) return 0;
  return 1;
}

/* How often each label is expected by default. Scaled to sum to 1. */
static int read_prior(const cJSON *table, population *p) {
  const cJSON *item;
  size_t y = 0;
  float sum = 0;
  if (!cJSON_IsArray(table) || (size_t)cJSON_GetArraySize(table) != p->labels) return 0;
  cJSON_ArrayForEach(item, table) {
    if (!read_float(item, 1e-6, 1, &p->everyday[y])) return 0;
    sum += p->everyday[y++];
  }
  for (y = 0; y < p->labels; y++)
    p->everyday[y] /= sum;
  return 1;
}

/* The labels that ordinary speech may have: indices, one or more. */
static int read_ordinary(const cJSON *list, population *p) {
  const cJSON *item;
  if (!cJSON_IsArray(list)) return 0;
  cJSON_ArrayForEach(item, list) {
    size_t label;
    if (!read_size(item, 0, (double)p->labels - 1, &label)) return 0;
    p->ordinary |= UINT32_C(1) << label;
  }
  return p->ordinary != 0;
}

static int read_judgement(const cJSON *item, population *p) {
  return read_size(get(item, "dimensions"), 1, (double)(EMOVOX_MAX_EVIDENCE - p->labels), &p->dimensions) &&
         read_float(get(item, "share"), 1e-3, 1, &p->share) &&
         read_float(get(item, "caution"), 1e-3, 1e3, &p->caution) &&
         read_float(get(item, "surprise"), 0, 1e3, &p->surprise) && read_prior(get(item, "everyday"), p) &&
         read_ordinary(get(item, "ordinary"), p);
}

static emovox_status read_metadata(emovox_model *model) {
  const char *text = safetensors_metadata(&model->file, "emovox");
  if (!text) return EMOVOX_ERROR_MODEL_METADATA;
  model->metadata = cJSON_ParseWithOpts(text, NULL, 1);
  const cJSON *root = model->metadata;
  if (!cJSON_IsObject(root)) return EMOVOX_ERROR_MODEL_METADATA;
  size_t format;
  if (!read_size(get(root, "format"), 0, 1e9, &format)) return EMOVOX_ERROR_MODEL_METADATA;
  if (format != FORMAT) return EMOVOX_ERROR_MODEL_VERSION;
  int valid = read_string(get(root, "name"), &model->name) && read_string(get(root, "version"), &model->version) &&
              read_string(get(root, "license"), &model->license) && cJSON_IsArray(get(root, "training_data")) &&
              read_labels(get(root, "labels"), model) && read_front_end(get(root, "front_end"), &model->logmel) &&
              read_normalization(get(root, "normalization"), &model->normalize) &&
              read_sequence(get(root, "sequence"), &model->sequence) &&
              read_encoder(get(root, "encoder"), (size_t)model->logmel.n_mels, &model->network) &&
              read_statistics(get(root, "statistics"), &model->network) &&
              read_lstm(get(root, "lstm"), &model->network) &&
              read_table(get(root, "valence"), model->people.labels, model->valence) &&
              read_table(get(root, "arousal"), model->people.labels, model->arousal) &&
              read_components(get(root, "components"), &model->network.mixture) &&
              read_judgement(get(root, "judgement"), &model->people) &&
              read_float(get(get(root, "speech"), "min_ratio"), 0, 1, &model->min_speech_ratio) &&
              read_float(get(root, "uncertain_below"), 0, 1, &model->uncertain_below);
  model->sequence.bands = (size_t)model->logmel.n_mels;
  model->network.max_frames = model->sequence.frames;
  model->network.dimensions = model->people.dimensions;
  return valid ? EMOVOX_OK : EMOVOX_ERROR_MODEL_METADATA;
}

/* ---- public ---- */

/* The last tensor is a checksum over all that comes before: damage to a weight would be heard by nobody. */
static emovox_status check_sum(emovox_model *model, size_t size) {
  const tensor *sum = safetensors_find(&model->file, "checksum");
  if (!sum || sum->type != TENSOR_I8 || sum->data + FNV_BYTES != model->bytes + size) return EMOVOX_ERROR_MODEL_TENSOR;
  model->fingerprint = fnv1a(model->bytes, size - FNV_BYTES);
  return fnv_read(sum->data) == model->fingerprint ? EMOVOX_OK : EMOVOX_ERROR_MODEL_CHECKSUM;
}

/* Whether what a belief rests on is finite and makes one. */
static emovox_status check_people(const population *p) {
  for (size_t d = 0; d < p->dimensions; d++)
    if (!(p->between[d] >= 1e-6F && p->between[d] <= 1e6F)) return EMOVOX_ERROR_MODEL_NOT_FINITE;
  for (size_t i = 0; i < p->labels * p->dimensions; i++)
    if (!(fabsf(p->means[i]) <= 1e6F && fabsf(p->relative[i]) <= 1e6F)) return EMOVOX_ERROR_MODEL_NOT_FINITE;
  for (size_t y = 0; y < p->labels; y++)
    if (!(fabsf(p->relative_bias[y]) <= 1e6F)) return EMOVOX_ERROR_MODEL_NOT_FINITE;
  return EMOVOX_OK;
}

static emovox_status read_model(emovox_model *model, const void *bytes, size_t size) {
  if (!(model->bytes = malloc(size ? size : 1))) return EMOVOX_ERROR_MEMORY;
  memcpy(model->bytes, bytes, size);
  emovox_status status = safetensors_open(model->bytes, size, &model->file);
  if (!status) status = read_metadata(model);
  if (status) return status;
  loader file = {.file = &model->file, .check_only = 1, .tensors = 1 /* the checksum */};
  network_check(&model->network, &file);
  population_read(&model->people, &file);
  status = loader_end(&file);
  if (!status) status = check_sum(model, size);
  return status ? status : check_people(&model->people);
}

emovox_status emovox_model_create(const void *bytes, size_t size, emovox_model **out) {
  if (!bytes || !out) return EMOVOX_ERROR_ARGUMENT;
  emovox_model *model = calloc(1, sizeof *model);
  if (!model) return EMOVOX_ERROR_MEMORY;
  emovox_status status = read_model(model, bytes, size);
  if (status)
    emovox_model_destroy(model);
  else
    *out = model;
  return status;
}

void emovox_model_destroy(emovox_model *model) {
  if (!model) return;
  cJSON_Delete(model->metadata);
  safetensors_close(&model->file);
  free(model->bytes);
  free(model);
}

const char *emovox_model_name(const emovox_model *model) {
  return model->name;
}

const char *emovox_model_version(const emovox_model *model) {
  return model->version;
}

const char *emovox_model_license(const emovox_model *model) {
  return model->license;
}

int emovox_label_count(const emovox_model *model) {
  return (int)model->people.labels;
}

const char *emovox_label(const emovox_model *model, int label) {
  if (label == EMOVOX_NO_SPEECH) return "no speech";
  if (label == EMOVOX_UNCERTAIN) return "uncertain";
  return label >= 0 && label < emovox_label_count(model) ? model->labels[label] : NULL;
}

static double frame_seconds(const emovox_model *model, size_t frames) {
  return (double)frames * model->logmel.hop / model->logmel.sample_rate;
}

double emovox_sequence_seconds(const emovox_model *model) {
  return frame_seconds(model, model->sequence.frames);
}

double emovox_hop_seconds(const emovox_model *model) {
  return frame_seconds(model, model->sequence.hop);
}

double emovox_min_seconds(const emovox_model *model) {
  return frame_seconds(model, model->sequence.min_frames - 1);
}

float emovox_threshold(const emovox_model *model) {
  return model->uncertain_below;
}

size_t emovox_evidence_count(const emovox_model *model) {
  return population_evidence(&model->people);
}

uint64_t emovox_fingerprint(const emovox_model *model) {
  return model->fingerprint;
}

void emovox_everyday_prior(const emovox_model *model, float *prior) {
  memcpy(prior, model->people.everyday, sizeof model->people.everyday);
}

void emovox_even_prior(const emovox_model *model, float *prior) {
  for (size_t y = 0; y < EMOVOX_MAX_LABELS; y++)
    prior[y] = y < model->people.labels ? 1 : 0;
}

double emovox_salience_seconds(const emovox_model *model) {
  return frame_seconds(model, network_step_frames(&model->network));
}
