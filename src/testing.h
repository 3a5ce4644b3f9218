/* What the unit tests share: real data from tests/data and comparisons. Tests run in the repository's root.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_TESTING_H
#define EMOVOX_TESTING_H

/* cmocka needs these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "emovox.h"

/* A float array; free data. */
typedef struct array {
  float *data;
  size_t count;    /* product of the shape */
  size_t shape[4]; /* unused dimensions are 1 */
} array;

/* A NumPy file of float32, C order. Fails the test if it cannot be read. */
array testing_npy(const char *path);

/* All samples of a mono audio file. */
array testing_audio(const char *path, uint32_t *sample_rate);

/* A whole file; free the result. */
uint8_t *testing_file(const char *path, size_t *size);

/* Fails the test, telling where and by how much, unless |a - b| <= tolerance everywhere. */
void testing_assert_close(const float *a, const float *b, size_t n, float tolerance);

/* The same pseudo-random numbers in -1..1 every time. */
void testing_noise(float *out, size_t n, uint32_t seed);

/* The shipped model, and a tiny one with transformer blocks and random weights (model/train/golden.py). */
#define TESTING_SMALL "model/emovox-small.safetensors"
#define TESTING_TINY "tests/data/golden/tiny.safetensors"
emovox_model *testing_model(const char *path);

/* A model file with its integers made floats, so that layers do not round their inputs; free the result. */
uint8_t *testing_floats(const char *path, size_t *size);

/* Gives a model file that was changed a checksum that fits. */
void testing_seal(uint8_t *bytes, size_t size);

#define TESTING_SPEECH "tests/data/formats/angry.flac"

#endif
