/* Blocks on their own against PyTorch: each gets the input that it had there (model/train/golden.py).
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "nn/transformer.h"
#include "testing.h"

enum { STEPS = 31, CHANNELS = 48, MAX_STEPS = 200 };
static const transformer_params PARAMS = {.blocks = 2, .channels = CHANNELS, .heads = 3, .mlp = 96};

typedef struct source {
  uint8_t *bytes;
  safetensors file;
} source;

static source open_tiny(int floats) {
  source s;
  size_t size;
  s.bytes = floats ? testing_floats(TESTING_TINY, &size) : testing_file(TESTING_TINY, &size);
  assert_int_equal(safetensors_open(s.bytes, size, &s.file), EMOVOX_OK);
  return s;
}

static void close_tiny(source *s) {
  safetensors_close(&s->file);
  free(s->bytes);
}

static void equals_pytorch(int floats, float tolerance) {
  source s = open_tiny(floats);
  loader file = {.file = &s.file};
  transformer *self = transformer_load(&file, &PARAMS, MAX_STEPS);
  assert_int_equal(file.status, EMOVOX_OK);
  assert_int_equal(file.tensors, 2 * (floats ? 15 : 15 + 6)); /* with the scales of its matrices */
  const char *const paths[] = {"tests/data/golden/tiny_conv2.npy", "tests/data/golden/tiny_block1.npy",
                               "tests/data/golden/tiny_block2.npy"};
  for (size_t i = 0; i < 2; i++) {
    array input = testing_npy(paths[i]), expected = testing_npy(paths[i + 1]);
    assert_int_equal(input.count, STEPS * CHANNELS);
    static float long_input[MAX_STEPS * CHANNELS], long_output[MAX_STEPS * CHANNELS], output[STEPS * CHANNELS];
    testing_noise(long_input, MAX_STEPS * CHANNELS, 1);
    assert_int_equal(transformer_run(self, i, long_input, MAX_STEPS, long_output), EMOVOX_OK); /* leaves nothing */
    assert_int_equal(transformer_run(self, i, input.data, STEPS, output), EMOVOX_OK);
    testing_assert_close(output, expected.data, expected.count, tolerance);
    free(input.data);
    free(expected.data);
  }
  transformer_destroy(self);
  close_tiny(&s);
}

static void floats_equal_pytorch(void **state) {
  (void)state;
  equals_pytorch(1, 1e-4f);
}

/* A step of 1/255 of what a row spans, here some 4, in six products after one another. */
static void integers_are_close(void **state) {
  (void)state;
  equals_pytorch(0, 6 * 4.0f / 255);
}

static void needs_its_tensors(void **state) {
  (void)state;
  source s = open_tiny(0);
  loader file = {.file = &s.file, .check_only = 1};
  transformer_destroy(transformer_load(&file, &PARAMS, MAX_STEPS));
  assert_int_equal(file.status, EMOVOX_OK);
  transformer_params more = PARAMS;
  more.blocks = 3;
  transformer_destroy(transformer_load(&file, &more, MAX_STEPS));
  assert_int_equal(file.status, EMOVOX_ERROR_MODEL_TENSOR);
  transformer_destroy(transformer_load(&file, &PARAMS, MAX_STEPS));
  assert_int_equal(file.status, EMOVOX_ERROR_MODEL_TENSOR); /* the first error sticks */
  file = (loader){.file = &s.file, .check_only = 1};
  more = PARAMS;
  more.mlp = 95;
  transformer_destroy(transformer_load(&file, &more, MAX_STEPS));
  assert_int_equal(file.status, EMOVOX_ERROR_MODEL_SHAPE);
  close_tiny(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(floats_equal_pytorch), cmocka_unit_test(integers_are_close),
                                     cmocka_unit_test(needs_its_tensors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
