/* Any bytes as a model file; what is accepted must then judge audio without breaking a promise. The checksum is made
 * right, or else nothing would ever be accepted.
 * With FUZZ_HEADER the input is the JSON header alone: the length in front of it and the tensors behind it are made to
 * fit, so that the fuzzer spends its time on what the header says.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pipeline/fnv.h"

#ifdef FUZZ_HEADER
enum { MOST_TENSOR_BYTES = 1 << 14 };

static uint8_t *complete(const uint8_t *data, size_t *size) {
  size_t header = (*size + 7) / 8 * 8, all = 8 + header + MOST_TENSOR_BYTES;
  uint8_t *file = calloc(1, all);
  if (!file) abort();
  for (int i = 0; i < 8; i++)
    file[i] = (uint8_t)(header >> 8 * i);
  memset(file + 8, ' ', header);
  memcpy(file + 8, data, *size);
  /* The tensors end where the last of them says: the greatest number behind a comma and before a bracket. */
  size_t end = 0;
  for (size_t i = 0; i < *size; i++) {
    size_t value = 0, digits = 0;
    while (i < *size && data[i] >= '0' && data[i] <= '9' && digits < 6)
      value = value * 10 + (size_t)(data[i++] - '0'), digits++;
    if (digits && i < *size && data[i] == ']' && value > end && value <= MOST_TENSOR_BYTES) end = value;
  }
  *size = 8 + header + end;
  return file;
}
#else
static uint8_t *complete(const uint8_t *data, size_t *size) {
  uint8_t *file = malloc(*size + 1);
  if (!file) abort();
  memcpy(file, data, *size);
  return file;
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  emovox_model *model;
  uint8_t *file = complete(data, &size);
  if (size >= FNV_BYTES) fnv_write(fnv1a(file, size - FNV_BYTES), file + size - FNV_BYTES);
  emovox_status status = emovox_model_create(file, size, &model);
  free(file);
  if (status) return 0;
  /* Anything larger is allowed, but would only make the fuzzer slow. */
  if (emovox_sequence_seconds(model) < 5) fuzz_judge(model, NULL, 4);
  emovox_model_destroy(model);
  return 0;
}
