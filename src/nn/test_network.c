/* The whole network and each of its layers against PyTorch, on real log-mel: model/train/golden.py.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/model.h"
#include "testing.h"

/* What values may be off by, as a share of the largest one (and of 1): with weights that are floats, next to nothing;
 * with integers, layers round their inputs to 8 bits, in steps of 1/255, and these add up to some steps. */
enum { FLOATS, INTEGERS };
static const float TOLERANCE[] = {1e-4f, 8.0f / 255};
static int kind;

static void assert_layer(const float *actual, const char *sequence, const char *layer) {
  char path[128];
  snprintf(path, sizeof path, "tests/data/golden/%s_%s.npy", sequence, layer);
  array expected = testing_npy(path);
  float peak = 1;
  for (size_t i = 0; i < expected.count; i++)
    peak = fmaxf(peak, fabsf(expected.data[i]));
  testing_assert_close(actual, expected.data, expected.count, peak * TOLERANCE[kind]);
  free(expected.data);
}

/* Runs a stored input and hands over the results. */
static network_layers run(network *self, const char *sequence, network_output *output) {
  char path[128];
  snprintf(path, sizeof path, "tests/data/golden/%s_input.npy", sequence);
  array input = testing_npy(path);
  float *frames = calloc(input.count + NN_PADDING, sizeof(float));
  memcpy(frames, input.data, input.count * sizeof(float));
  assert_int_equal(network_run(self, frames, input.shape[0], output), EMOVOX_OK);
  free(frames);
  free(input.data);
  return network_inspect(self);
}

static void assert_results(const network_layers *layers, const network_output *output, const char *sequence) {
  assert_layer(layers->embedding, sequence, "pooled");
  assert_layer(output->evidence, sequence, "evidence");
  assert_layer(&output->intensity, sequence, "intensity");
  assert_layer(output->salience, sequence, "salience");
  assert_layer(&output->speech_ratio, sequence, "speech_ratio");
}

static void assert_layers(const network_layers *layers, const char *sequence) {
  assert_layer(layers->conv1, sequence, "conv1");
  assert_layer(layers->encoder[0], sequence, "conv2");
  assert_layer(layers->conv3, sequence, "conv3");
  assert_layer(layers->lstm, sequence, "lstm");
}

static emovox_model *open(const char *path) {
  if (kind == INTEGERS) return testing_model(path);
  size_t size;
  uint8_t *bytes = testing_floats(path, &size);
  emovox_model *model = NULL;
  assert_int_equal(emovox_model_create(bytes, size, &model), EMOVOX_OK);
  free(bytes);
  return model;
}

static void small_equals_pytorch(void **state) {
  kind = *(const int *)*state;
  emovox_model *model = open(TESTING_SMALL);
  network *self = NULL;
  assert_int_equal(network_create(&model->network, &model->file, &self), EMOVOX_OK);
  network_output output;
  network_layers layers = run(self, "short", &output);
  assert_layers(&layers, "short");
  assert_results(&layers, &output, "short");
  assert_int_equal(output.steps, 16);
  layers = run(self, "long", &output);
  assert_results(&layers, &output, "long");
  layers = run(self, "short", &output); /* nothing is left over from the longer one */
  assert_results(&layers, &output, "short");
  network_destroy(self);
  emovox_model_destroy(model);
}

/* With transformer blocks and the statistics of two outputs. */
static void tiny_equals_pytorch(void **state) {
  kind = *(const int *)*state;
  emovox_model *model = open(TESTING_TINY);
  network *self = NULL;
  assert_int_equal(network_create(&model->network, &model->file, &self), EMOVOX_OK);
  network_output output;
  run(self, "long", &output);
  network_layers layers = run(self, "short", &output);
  assert_layers(&layers, "tiny");
  assert_layer(layers.encoder[1], "tiny", "block1");
  assert_layer(layers.encoder[2], "tiny", "block2");
  assert_results(&layers, &output, "tiny");
  layers = run(self, "long", &output);
  assert_results(&layers, &output, "tiny_long");
  network_destroy(self);
  emovox_model_destroy(model);
}

/* Steps are speech where speech.weight . h + speech.bias > 0: the bias alone can decide. */
static void speech_is_a_threshold(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_SMALL);
  for (float bias = -1000; bias <= 1000; bias += 2000) {
    for (size_t i = 0; i < model->file.count; i++) {
      const tensor *t = &model->file.tensors[i];
      if (strcmp(t->name, "speech.bias") == 0) memcpy(model->bytes + (t->data - model->bytes), &bias, sizeof bias);
    }
    network *self = NULL;
    network_output output;
    assert_int_equal(network_create(&model->network, &model->file, &self), EMOVOX_OK);
    run(self, "short", &output);
    assert_float_equal(output.speech_ratio, bias > 0, 0);
    network_destroy(self);
  }
  emovox_model_destroy(model);
}

static emovox_status check(const network_params *params, const emovox_model *model) {
  loader file = {.file = &model->file, .check_only = 1, .tensors = 1 /* the checksum */};
  population rest = model->people;
  network_check(params, &file);
  population_read(&rest, &file);
  return loader_end(&file);
}

static void refuses_other_sizes(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_SMALL);
  network_params params = model->network;
  assert_int_equal(check(&params, model), EMOVOX_OK);
  params.mixture.components--;
  assert_int_equal(check(&params, model), EMOVOX_ERROR_MODEL_SHAPE);
  params = model->network;
  params.dimensions--;
  assert_int_equal(check(&params, model), EMOVOX_ERROR_MODEL_SHAPE);
  emovox_model_destroy(model);

  model = testing_model(TESTING_TINY);
  params = model->network;
  params.statistics_count--;
  assert_int_equal(check(&params, model), EMOVOX_ERROR_MODEL_SHAPE);
  params = model->network;
  params.transformer.blocks--; /* what is left over is not known */
  assert_int_equal(check(&params, model), EMOVOX_ERROR_MODEL_TENSOR);
  params.transformer.blocks += 2;
  assert_int_equal(check(&params, model), EMOVOX_ERROR_MODEL_TENSOR);
  emovox_model_destroy(model);
}

int main(void) {
  static int floats = FLOATS, integers = INTEGERS;
  const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(small_equals_pytorch, &floats),
                                     cmocka_unit_test_prestate(tiny_equals_pytorch, &floats),
                                     cmocka_unit_test_prestate(small_equals_pytorch, &integers),
                                     cmocka_unit_test_prestate(tiny_equals_pytorch, &integers),
                                     cmocka_unit_test(speech_is_a_threshold),
                                     cmocka_unit_test(refuses_other_sizes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
