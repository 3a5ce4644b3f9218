/* Reader of the safetensors format (https://github.com/huggingface/safetensors): an 8-byte little-endian header
 * size, a JSON header, the data. Nothing is believed before it is checked.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_SAFETENSORS_H
#define EMOVOX_NN_SAFETENSORS_H

#include "emovox.h"

enum { SAFETENSORS_MAX_RANK = 4, SAFETENSORS_MAX_TENSORS = 1024, SAFETENSORS_MAX_HEADER = 1 << 20 };
enum { SAFETENSORS_MAX_NAME = 128 }; /* of those that are looked for, with the final zero */

typedef enum tensor_type { TENSOR_F32, TENSOR_I8 } tensor_type;

typedef struct tensor {
  const char *name;
  tensor_type type;
  size_t rank;
  size_t shape[SAFETENSORS_MAX_RANK];
  size_t count;        /* elements: the product of the shape */
  const uint8_t *data; /* count elements, little-endian, not necessarily aligned */
} tensor;

typedef struct safetensors {
  struct cJSON *header;
  tensor *tensors; /* in the order of their data */
  size_t count;
} safetensors;

/* Reads and checks a whole file. `bytes` is borrowed and must outlive *file; free with safetensors_close().
 * Guaranteed afterwards: names unique, sizes equal to shape x type, data contiguous from the end of the header to
 * the end of the file, F32 values finite.
 * Errors: MEMORY, MODEL_TRUNCATED, _HEADER, _DTYPE, _SHAPE, _OFFSETS, _TENSOR, _NOT_FINITE; *file is then empty. */
emovox_status safetensors_open(const uint8_t *bytes, size_t size, safetensors *file);
void safetensors_close(safetensors *file);

/* The text under a key of `__metadata__`; NULL if there is none. Lives as long as the file. */
const char *safetensors_metadata(const safetensors *file, const char *key);

/* SCOPE.NAME, cut off if it is too long; without printf, which is large. Returns `out`. */
const char *safetensors_name(char out[SAFETENSORS_MAX_NAME], const char *scope, const char *name);

/* NULL if there is none of that name. */
const tensor *safetensors_find(const safetensors *file, const char *name);

/* Copies a tensor as floats. It must have exactly the given shape. An I8 tensor is multiplied, row by row (first
 * dimension), with the F32 tensor NAME.scale. `out` (product of shape) may be NULL to check only.
 * Errors: MODEL_TENSOR (missing), MODEL_SHAPE, MODEL_DTYPE. */
emovox_status safetensors_read(const safetensors *file, const char *name, size_t rank, const size_t *shape, float *out);

#endif
