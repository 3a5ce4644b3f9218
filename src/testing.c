/* SPDX-License-Identifier: MIT */
#include "testing.h"

#include <cJSON.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/safetensors.h"
#include "pipeline/fnv.h"

uint8_t *testing_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) fail_msg("cannot open %s (run tests in the repository's root)", path);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  *size = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(*size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *size, file), *size);
  fclose(file);
  return bytes;
}

array testing_npy(const char *path) {
  size_t size;
  uint8_t *bytes = testing_file(path, &size);
  if (size < 12 || memcmp(bytes, "\x93NUMPY\x01", 7) != 0) fail_msg("%s is not a NumPy 1.0 file", path);
  size_t header = (size_t)bytes[8] | (size_t)bytes[9] << 8;
  bytes[10 + header - 1] = 0;
  const char *text = (const char *)bytes + 10, *shape = strstr(text, "'shape': (");
  if (!strstr(text, "'<f4'") || !strstr(text, "'fortran_order': False") || !shape)
    fail_msg("%s is not float32 in C order: %s", path, text);
  array out = {.count = 1, .shape = {1, 1, 1, 1}};
  char *cursor = strchr(shape, '(') + 1;
  for (int i = 0; i < 4 && *cursor != ')'; i++) {
    out.shape[i] = strtoul(cursor, &cursor, 10);
    out.count *= out.shape[i];
    cursor += strspn(cursor, ", ");
  }
  assert_int_equal(size, 10 + header + out.count * sizeof(float));
  out.data = malloc(out.count * sizeof(float) + 1);
  assert_non_null(out.data);
  memcpy(out.data, bytes + 10 + header, out.count * sizeof(float));
  free(bytes);
  return out;
}

array testing_audio(const char *path, uint32_t *sample_rate) {
  SF_INFO info = {0};
  SNDFILE *file = sf_open(path, SFM_READ, &info);
  if (!file) fail_msg("cannot decode %s", path);
  assert_int_equal(info.channels, 1);
  array out = {.count = (size_t)info.frames, .shape = {(size_t)info.frames, 1, 1, 1}};
  out.data = malloc(out.count * sizeof(float) + 1);
  assert_non_null(out.data);
  assert_int_equal(sf_readf_float(file, out.data, info.frames), info.frames);
  sf_close(file);
  *sample_rate = (uint32_t)info.samplerate;
  return out;
}

void testing_assert_close(const float *a, const float *b, size_t n, float tolerance) {
  size_t worst = 0;
  for (size_t i = 0; i < n; i++) {
    float error = fabsf(a[i] - b[i]);
    if (!(error <= fabsf(a[worst] - b[worst]))) worst = i;
  }
  if (n && !(fabsf(a[worst] - b[worst]) <= tolerance))
    fail_msg("value %zu of %zu: %.9g, expected %.9g within %g", worst, n, (double)a[worst], (double)b[worst],
             (double)tolerance);
}

void testing_noise(float *out, size_t n, uint32_t seed) {
  for (size_t i = 0; i < n; i++) {
    seed = seed * 1664525u + 1013904223u;
    out[i] = (float)(seed >> 8) / (float)(1 << 23) - 1;
  }
}

emovox_model *testing_model(const char *path) {
  size_t size;
  uint8_t *bytes = testing_file(path, &size);
  emovox_model *model = NULL;
  assert_int_equal(emovox_model_create(bytes, size, &model), EMOVOX_OK);
  free(bytes);
  return model;
}

void testing_seal(uint8_t *bytes, size_t size) {
  fnv_write(fnv1a(bytes, size - FNV_BYTES), bytes + size - FNV_BYTES);
}

uint8_t *testing_floats(const char *path, size_t *size) {
  uint8_t *bytes = testing_file(path, size);
  safetensors file;
  assert_int_equal(safetensors_open(bytes, *size, &file), EMOVOX_OK);
  float *values = malloc(*size * sizeof(float));
  assert_non_null(values);
  cJSON *header = cJSON_CreateObject();
  cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file.header, "__metadata__");
  cJSON_AddItemToObject(header, "__metadata__", cJSON_Duplicate(metadata, 1));
  size_t count = 0;
  for (size_t i = 0; i < file.count; i++) {
    const tensor *t = &file.tensors[i];
    const char *dot = strrchr(t->name, '.');
    if ((dot && strcmp(dot, ".scale") == 0) || strcmp(t->name, "checksum") == 0) continue;
    cJSON *entry = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(file.header, t->name), 1);
    double offsets[] = {(double)(count * sizeof(float)), (double)((count + t->count) * sizeof(float))};
    cJSON_ReplaceItemInObject(entry, "dtype", cJSON_CreateString("F32"));
    cJSON_ReplaceItemInObject(entry, "data_offsets", cJSON_CreateDoubleArray(offsets, 2));
    cJSON_AddItemToObject(header, t->name, entry);
    assert_int_equal(safetensors_read(&file, t->name, t->rank, t->shape, values + count), EMOVOX_OK);
    count += t->count;
  }
  cJSON *sum = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(file.header, "checksum"), 1);
  double offsets[] = {(double)(count * sizeof(float)), (double)(count * sizeof(float) + FNV_BYTES)};
  cJSON_ReplaceItemInObject(sum, "data_offsets", cJSON_CreateDoubleArray(offsets, 2));
  cJSON_AddItemToObject(header, "checksum", sum);
  char *text = cJSON_PrintUnformatted(header);
  uint64_t length = strlen(text);
  *size = sizeof length + length + count * sizeof(float) + FNV_BYTES;
  uint8_t *out = malloc(*size);
  assert_non_null(out);
  memcpy(out, &length, sizeof length);
  memcpy(out + sizeof length, text, length);
  memcpy(out + sizeof length + length, values, count * sizeof(float));
  testing_seal(out, *size);
  free(text);
  cJSON_Delete(header);
  free(values);
  safetensors_close(&file);
  free(bytes);
  return out;
}
