/* SPDX-License-Identifier: MIT */
#include "nn/safetensors.h"

#include <cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t element_size(tensor_type type) {
  return type == TENSOR_F32 ? sizeof(float) : sizeof(int8_t);
}

static float float_at(const uint8_t *data, size_t i) {
  float value;
  memcpy(&value, data + i * sizeof value, sizeof value);
  return value;
}

/* A JSON number that is a whole, non-negative size. */
static int as_size(const cJSON *item, size_t *out) {
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > INT32_MAX ||
      item->valuedouble != floor(item->valuedouble))
    return 0;
  *out = (size_t)item->valuedouble;
  return 1;
}

static emovox_status read_shape(const cJSON *shape, tensor *t) {
  const cJSON *dimension;
  if (!cJSON_IsArray(shape)) return EMOVOX_ERROR_MODEL_HEADER;
  t->count = 1;
  cJSON_ArrayForEach(dimension, shape) {
    size_t n;
    if (t->rank == SAFETENSORS_MAX_RANK || !as_size(dimension, &n) || n == 0) return EMOVOX_ERROR_MODEL_SHAPE;
    if (t->count > INT32_MAX / sizeof(float) / n) return EMOVOX_ERROR_MODEL_SHAPE; /* 32 bits count the bytes, too */
    t->shape[t->rank++] = n;
    t->count *= n;
  }
  return EMOVOX_OK;
}

static emovox_status read_tensor(const cJSON *entry, const uint8_t *data, size_t size, tensor *t) {
  *t = (tensor){.name = entry->string};
  if (!cJSON_IsObject(entry) || cJSON_GetArraySize(entry) != 3) return EMOVOX_ERROR_MODEL_HEADER;
  const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "dtype"));
  if (!type) return EMOVOX_ERROR_MODEL_HEADER;
  if (strcmp(type, "F32") == 0)
    t->type = TENSOR_F32;
  else if (strcmp(type, "I8") == 0)
    t->type = TENSOR_I8;
  else
    return EMOVOX_ERROR_MODEL_DTYPE;
  emovox_status status = read_shape(cJSON_GetObjectItemCaseSensitive(entry, "shape"), t);
  if (status) return status;

  const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
  size_t begin, end;
  if (!cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2) return EMOVOX_ERROR_MODEL_HEADER;
  if (!as_size(offsets->child, &begin) || !as_size(offsets->child->next, &end)) return EMOVOX_ERROR_MODEL_OFFSETS;
  if (begin > end) return EMOVOX_ERROR_MODEL_OFFSETS;
  if (end - begin != t->count * element_size(t->type)) return EMOVOX_ERROR_MODEL_SHAPE;
  if (end > size) return EMOVOX_ERROR_MODEL_TRUNCATED;
  t->data = data + begin;
  return EMOVOX_OK;
}

static int by_data(const void *a, const void *b) {
  const tensor *x = a, *y = b;
  return (x->data > y->data) - (x->data < y->data);
}

static int by_name(const void *a, const void *b) {
  const tensor *x = a, *y = b;
  return strcmp(x->name, y->name);
}

static emovox_status check_tensors(safetensors *file, const uint8_t *data, const uint8_t *end) {
  qsort(file->tensors, file->count, sizeof(tensor), by_name);
  for (size_t i = 1; i < file->count; i++)
    if (strcmp(file->tensors[i - 1].name, file->tensors[i].name) == 0) return EMOVOX_ERROR_MODEL_TENSOR;
  qsort(file->tensors, file->count, sizeof(tensor), by_data);
  for (size_t i = 0; i < file->count; i++) {
    const tensor *t = &file->tensors[i];
    if (t->data != data) return EMOVOX_ERROR_MODEL_OFFSETS;
    data += t->count * element_size(t->type);
  }
  if (data != end) return EMOVOX_ERROR_MODEL_OFFSETS;
  for (size_t i = 0; i < file->count; i++) {
    const tensor *t = &file->tensors[i];
    if (t->type != TENSOR_F32) continue;
    for (size_t k = 0; k < t->count; k++)
      if (!isfinite(float_at(t->data, k))) return EMOVOX_ERROR_MODEL_NOT_FINITE;
  }
  return EMOVOX_OK;
}

static emovox_status read_header(const uint8_t *bytes, size_t size, safetensors *file) {
  if (size < 8) return EMOVOX_ERROR_MODEL_TRUNCATED;
  uint64_t length = 0;
  for (int i = 7; i >= 0; i--)
    length = length << 8 | bytes[i];
  if (length < 2 || length > SAFETENSORS_MAX_HEADER) return EMOVOX_ERROR_MODEL_HEADER;
  if (length > size - 8) return EMOVOX_ERROR_MODEL_TRUNCATED;
  const char *text = (const char *)bytes + 8, *end = text + length, *rest = NULL;
  if (text[0] != '{') return EMOVOX_ERROR_MODEL_HEADER;
  file->header = cJSON_ParseWithLengthOpts(text, (size_t)length, &rest, 0);
  if (!file->header) return EMOVOX_ERROR_MODEL_HEADER;
  for (; rest < end; rest++)
    if (*rest != ' ') return EMOVOX_ERROR_MODEL_HEADER;

  const uint8_t *data = (const uint8_t *)end;
  size_t entries = (size_t)cJSON_GetArraySize(file->header);
  if (entries > SAFETENSORS_MAX_TENSORS) return EMOVOX_ERROR_MODEL_HEADER;
  file->tensors = calloc(entries + 1, sizeof(tensor));
  if (!file->tensors) return EMOVOX_ERROR_MEMORY;
  const cJSON *entry, *metadata = cJSON_GetObjectItemCaseSensitive(file->header, "__metadata__");
  cJSON_ArrayForEach(entry, file->header) {
    if (entry == metadata) continue;
    emovox_status status = read_tensor(entry, data, size - 8 - (size_t)length, &file->tensors[file->count]);
    if (status) return status;
    file->count++;
  }
  return check_tensors(file, data, bytes + size);
}

emovox_status safetensors_open(const uint8_t *bytes, size_t size, safetensors *file) {
  *file = (safetensors){0};
  emovox_status status = read_header(bytes, size, file);
  if (status) safetensors_close(file);
  return status;
}

void safetensors_close(safetensors *file) {
  cJSON_Delete(file->header);
  free(file->tensors);
  *file = (safetensors){0};
}

const char *safetensors_metadata(const safetensors *file, const char *key) {
  const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file->header, "__metadata__");
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, key));
}

const char *safetensors_name(char out[SAFETENSORS_MAX_NAME], const char *scope, const char *name) {
  const char *const parts[] = {scope, ".", name};
  size_t length = 0;
  for (size_t i = 0; i < 3; i++)
    for (const char *c = parts[i]; *c && length < SAFETENSORS_MAX_NAME - 1; c++)
      out[length++] = *c;
  out[length] = 0;
  return out;
}

const tensor *safetensors_find(const safetensors *file, const char *name) {
  for (size_t i = 0; i < file->count; i++)
    if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
  return NULL;
}

emovox_status safetensors_read(const safetensors *file, const char *name, size_t rank, const size_t *shape,
                               float *out) {
  const tensor *t = safetensors_find(file, name), *scale = NULL;
  if (!t) return EMOVOX_ERROR_MODEL_TENSOR;
  if (t->rank != rank || memcmp(t->shape, shape, rank * sizeof *shape) != 0) return EMOVOX_ERROR_MODEL_SHAPE;
  if (t->type == TENSOR_I8) {
    char scale_name[SAFETENSORS_MAX_NAME];
    scale = safetensors_find(file, safetensors_name(scale_name, name, "scale"));
    if (!scale) return EMOVOX_ERROR_MODEL_TENSOR;
    if (scale->type != TENSOR_F32) return EMOVOX_ERROR_MODEL_DTYPE;
    if (scale->rank != 1 || scale->shape[0] != shape[0]) return EMOVOX_ERROR_MODEL_SHAPE;
  }
  if (!out) return EMOVOX_OK;
  size_t row = t->count / shape[0];
  for (size_t i = 0; i < t->count; i++)
    out[i] = scale ? (float)(int8_t)t->data[i] * float_at(scale->data, i / row) : float_at(t->data, i);
  return EMOVOX_OK;
}
