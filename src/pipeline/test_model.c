/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/fnv.h"
#include "pipeline/model.h"
#include "testing.h"

/* Replaces the first `from` in the header of a model file, and makes length and checksum right again. */
static uint8_t *change(uint8_t *bytes, size_t *size, const char *from, const char *to) {
  size_t header = (size_t)bytes[0] | (size_t)bytes[1] << 8, at = 8, old = strlen(from), new = strlen(to);
  while (at + old <= 8 + header && memcmp(bytes + at, from, old) != 0)
    at++;
  if (at + old > 8 + header) fail_msg("%s is not in the header", from);
  uint8_t *changed = malloc(*size - old + new);
  assert_non_null(changed);
  memcpy(changed, bytes, at);
  memcpy(changed + at, to, new);
  memcpy(changed + at + new, bytes + at + old, *size - at - old);
  header = header - old + new;
  changed[0] = (uint8_t)header, changed[1] = (uint8_t)(header >> 8);
  *size = *size - old + new;
  testing_seal(changed, *size);
  free(bytes);
  return changed;
}

static emovox_status create(uint8_t *bytes, size_t size) {
  emovox_model *model = NULL;
  emovox_status status = emovox_model_create(bytes, size, &model);
  if (!status) emovox_model_destroy(model);
  free(bytes);
  return status;
}

static emovox_status create_changed(const char *path, const char *from, const char *to) {
  size_t size;
  uint8_t *bytes = testing_file(path, &size);
  bytes = change(bytes, &size, from, to);
  return create(bytes, size);
}

static void tells_what_it_is(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_SMALL);
  assert_string_equal(emovox_model_name(model), "small");
  assert_string_equal(emovox_model_license(model), "CC-BY-NC-SA-4.0");
  assert_non_null(strchr(emovox_model_version(model), '.'));
  assert_int_equal(emovox_label_count(model), 8);
  assert_string_equal(emovox_label(model, 0), "neutral");
  assert_string_equal(emovox_label(model, EMOVOX_NO_SPEECH), "no speech");
  assert_string_equal(emovox_label(model, EMOVOX_UNCERTAIN), "uncertain");
  assert_null(emovox_label(model, 8));
  assert_null(emovox_label(model, -3));
  assert_float_equal(emovox_sequence_seconds(model), 4, 1e-9);
  assert_float_equal(emovox_hop_seconds(model), 2, 1e-9);
  assert_float_equal(emovox_min_seconds(model), 0.49, 1e-9);
  assert_float_equal(emovox_salience_seconds(model), 0.04, 1e-9);
  assert_true(emovox_threshold(model) > 0 && emovox_threshold(model) < 1);
  assert_int_equal(emovox_evidence_count(model), 8 + model->people.dimensions);
  emovox_model_destroy(model);
  emovox_model_destroy(NULL);
}

typedef struct fault {
  const char *from, *to;
  emovox_status expected;
} fault;

static void assert_faults(const char *path, const fault *faults, size_t count) {
  for (size_t i = 0; i < count; i++) {
    emovox_status status = create_changed(path, faults[i].from, faults[i].to);
    if (status != faults[i].expected) fail_msg("%s: %s", faults[i].to, emovox_strerror(status));
  }
}

static void names_each_fault(void **state) {
  (void)state;
  const fault faults[] = {
      {"\\\"format\\\": 5", "\\\"format\\\": 4", EMOVOX_ERROR_MODEL_VERSION},
      {"\\\"format\\\": 5", "\\\"format\\\": 6", EMOVOX_ERROR_MODEL_VERSION},
      {"\\\"format\\\":", "\\\"formaT\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"__metadata__\":{\"emovox", "__metadata__\":{\"emovax", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"hop\\\": 160", "\\\"hop\\\": 0.5", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"n_mels\\\": 80", "\\\"n_mels\\\": 81", EMOVOX_ERROR_MODEL_SHAPE},
      {"\\\"hidden\\\": 64", "\\\"hidden\\\": 65", EMOVOX_ERROR_MODEL_SHAPE},
      {"\\\"kernel\\\": 3", "\\\"kernel\\\": 4", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"surprised\\\"", "\\\"disgust\\\"  ", EMOVOX_ERROR_MODEL_METADATA}, /* a label twice */
      {"\"head.bias\"", "\"head.bios\"", EMOVOX_ERROR_MODEL_TENSOR},
      {"\"conv1.weight.scale\"", "\"conv1.weight.scole\"", EMOVOX_ERROR_MODEL_TENSOR},
      {"\"I8\"", "\"U8\"", EMOVOX_ERROR_MODEL_DTYPE},
      {"\"checksum\"", "\"checksun\"", EMOVOX_ERROR_MODEL_TENSOR},
  };
  assert_faults(TESTING_SMALL, faults, sizeof faults / sizeof *faults);
}

static void names_each_fault_of_an_encoder(void **state) {
  (void)state;
  const fault faults[] = {
      {"\\\"blocks\\\": 2", "\\\"blocks\\\": 7", EMOVOX_ERROR_MODEL_METADATA}, /* too many */
      {"\\\"blocks\\\": 2", "\\\"blocks\\\": 1", EMOVOX_ERROR_MODEL_METADATA}, /* fewer than statistics say */
      {"\\\"blocks\\\": 2", "\\\"blocks\\\": 3", EMOVOX_ERROR_MODEL_TENSOR},
      {"\\\"blocks\\\":", "\\\"blockS\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"heads\\\": 3", "\\\"heads\\\": 5", EMOVOX_ERROR_MODEL_METADATA}, /* does not divide 48 */
      {"\\\"heads\\\": 3", "\\\"heads\\\": 0", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"heads\\\":", "\\\"headS\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"mlp\\\": 96", "\\\"mlp\\\": 97", EMOVOX_ERROR_MODEL_SHAPE},
      {"\\\"mlp\\\": 96", "\\\"mlp\\\": 00", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"mlp\\\": 96", "\\\"mlp\\\":9e4", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"channels\\\": [48, 48]", "\\\"channels\\\": [48, 51]", EMOVOX_ERROR_MODEL_METADATA}, /* odd */
      {"\\\"channels\\\": [48, 48]", "\\\"channels\\\": [48, 54]", EMOVOX_ERROR_MODEL_SHAPE},
      {"\\\"channels\\\": [48, 48]", "\\\"channels\\\": [48    ]", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"strides\\\": [1, 2]", "\\\"strides\\\": [1, 9]", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"strides\\\": [1, 2]", "\\\"strides\\\": [1   ]", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"statistics\\\": [0, 2]", "\\\"statistics\\\": [2, 0]", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"statistics\\\": [0, 2]", "\\\"statistics\\\": [2, 2]", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"statistics\\\": [0, 2]", "\\\"statistics\\\": [0, 3]", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"statistics\\\": [0, 2]", "\\\"statistics\\\": [0,.5]", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"statistics\\\": [0, 2]", "\\\"statistics\\\": [    ]", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"statistics\\\": [0, 2]", "\\\"statistics\\\": [2   ]", EMOVOX_ERROR_MODEL_SHAPE},
      {"\\\"lstm\\\": {\\\"channels\\\": 16", "\\\"lstm\\\": {\\\"channels\\\": 00", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"stride\\\": 2", "\\\"stride\\\": 0", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"stride\\\": 2, \\\"kernel\\\": 3", "\\\"stride\\\": 2, \\\"kernel\\\": 2", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"valence\\\": [0, 0.3", "\\\"valence\\\": [0, 1.3", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"valence\\\": [0, 0.3", "\\\"valence\\\": [   0.3", EMOVOX_ERROR_MODEL_METADATA}, /* one too few */
      {"\\\"arousal\\\": [0, -0.5", "\\\"arousal\\\": [0, -1.5", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"arousal\\\":", "\\\"arousaL\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\"block2.key.weight\"", "\"block2.koy.weight\"", EMOVOX_ERROR_MODEL_TENSOR},
      {"\"block1.mlp_norm.bias\"", "\"block1.mlp_norm.bios\"", EMOVOX_ERROR_MODEL_TENSOR},
      {"\"intensity.bias\"", "\"intensity.bios\"", EMOVOX_ERROR_MODEL_TENSOR},
  };
  assert_faults(TESTING_TINY, faults, sizeof faults / sizeof *faults);
}

static void names_each_fault_of_labels(void **state) {
  (void)state;
  static const char labels[] =
      "\\\"labels\\\": [\\\"neutral\\\", \\\"calm\\\", \\\"happy\\\", \\\"sad\\\", \\\"angry\\\", \\\"fearful\\\", "
      "\\\"disgust\\\", \\\"surprised\\\"]";
  const char *others[] = {
      "\\\"labels\\\": 8",
      "\\\"labels\\\": {\\\"a\\\": \\\"b\\\", \\\"c\\\": \\\"d\\\"}",
      "\\\"labels\\\": []",
      "\\\"labels\\\": [\\\"neutral\\\"]",                           /* one is no choice */
      "\\\"labels\\\": [1, 2, 3, 4, 5, 6, 7, 8]",                    /* no names */
      "\\\"labels\\\": [\\\"\\\", \\\"a\\\"]",                       /* an empty one */
      "\\\"labels\\\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", /* too many */
  };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    char padded[sizeof labels];
    snprintf(padded, sizeof padded, "%-*s", (int)sizeof labels - 1, others[i]);
    assert_int_equal(create_changed(TESTING_TINY, labels, padded), EMOVOX_ERROR_MODEL_METADATA);
  }
}

static void names_each_fault_of_components_and_judgement(void **state) {
  (void)state;
  const fault faults[] = {
      {"\\\"components\\\": [0, 1,", "\\\"components\\\": [0, 8,", EMOVOX_ERROR_MODEL_METADATA}, /* no such label */
      {"\\\"components\\\": [0, 1,", "\\\"components\\\": [0, 2,", EMOVOX_ERROR_MODEL_METADATA}, /* 1 has none */
      {"\\\"components\\\": [0, 1,", "\\\"components\\\": [0,.1,", EMOVOX_ERROR_MODEL_METADATA},
      {"7, 0, 3, 3]", "7,    3, 3]", EMOVOX_ERROR_MODEL_SHAPE},
      {"\\\"components\\\":", "\\\"componentS\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"judgement\\\":", "\\\"judgemenT\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"dimensions\\\":", "\\\"dimensionS\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"dimensions\\\": 5", "\\\"dimensions\\\": 0", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"dimensions\\\": 5", "\\\"dimensions\\\": 57", EMOVOX_ERROR_MODEL_METADATA}, /* 64 with the labels */
      {"\\\"dimensions\\\": 5", "\\\"dimensions\\\": 5.5", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"dimensions\\\": 5", "\\\"dimensions\\\": 56", EMOVOX_ERROR_MODEL_SHAPE},
      {"\\\"dimensions\\\": 5", "\\\"dimensions\\\": 4", EMOVOX_ERROR_MODEL_SHAPE},
      {"\\\"share\\\":", "\\\"sharE\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"share\\\": 0.5", "\\\"share\\\": 0.0", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"share\\\": 0.5", "\\\"share\\\": 1.1", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"caution\\\":", "\\\"cautioN\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"caution\\\": 4.0", "\\\"caution\\\": 0", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"caution\\\": 4.0", "\\\"caution\\\": 1001", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"surprise\\\":", "\\\"surprisE\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"surprise\\\": 0.25", "\\\"surprise\\\": -0.1", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"surprise\\\": 0.25", "\\\"surprise\\\": 1001", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"everyday\\\":", "\\\"everydaY\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"everyday\\\": [0.3,", "\\\"everyday\\\": [0,", EMOVOX_ERROR_MODEL_METADATA}, /* it would never be heard */
      {"\\\"everyday\\\": [0.3,", "\\\"everyday\\\": [1.3,", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"everyday\\\": [0.3,", "\\\"everyday\\\": [", EMOVOX_ERROR_MODEL_METADATA}, /* one too few */
      {"\\\"everyday\\\": [0.3,", "\\\"everyday\\\": [0.3, 0.3,", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"everyday\\\": [0.3,", "\\\"everyday\\\": [\\\"0.3\\\",", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"ordinary\\\":", "\\\"ordinarY\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"ordinary\\\": [0, 1]", "\\\"ordinary\\\": []", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"ordinary\\\": [0, 1]", "\\\"ordinary\\\": 1", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"ordinary\\\": [0, 1]", "\\\"ordinary\\\": [0, 8]", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"min_ratio\\\":", "\\\"min_ratiO\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\\\"uncertain_below\\\":", "\\\"uncertain_beloW\\\":", EMOVOX_ERROR_MODEL_METADATA},
      {"\"between\"", "\"betwixt\"", EMOVOX_ERROR_MODEL_TENSOR},
      {"\"means\"", "\"moons\"", EMOVOX_ERROR_MODEL_TENSOR},
      {"\"relative.weight\"", "\"relativo.weight\"", EMOVOX_ERROR_MODEL_TENSOR},
      {"\"relative.bias\"", "\"relative.bios\"", EMOVOX_ERROR_MODEL_TENSOR},
      {"\"means\":{\"dtype\":\"F32\",\"shape\":[8,5]", "\"means\":{\"dtype\":\"F32\",\"shape\":[5,8]",
       EMOVOX_ERROR_MODEL_SHAPE},
      {"\"between\":{\"dtype\":\"F32\",\"shape\":[5]", "\"between\":{\"dtype\":\"F32\",\"shape\":[1,5]",
       EMOVOX_ERROR_MODEL_SHAPE},
  };
  assert_faults(TESTING_TINY, faults, sizeof faults / sizeof *faults);

  static const char begin[] = "\\\"components\\\": [";
  char many[256] = "\\\"components\\\": [";
  for (int i = 11; i < MIXTURE_MAX_COMPONENTS; i++)
    strcat(many, "0,");
  assert_int_equal(create_changed(TESTING_TINY, begin, many), EMOVOX_ERROR_MODEL_SHAPE);
  strcat(many, "0,");
  assert_int_equal(create_changed(TESTING_TINY, begin, many), EMOVOX_ERROR_MODEL_METADATA);
}

/* What a model says with one float of a tensor changed. */
static emovox_status create_with(const char *name, size_t index, float value) {
  size_t size;
  uint8_t *bytes = testing_file(TESTING_TINY, &size);
  safetensors file;
  assert_int_equal(safetensors_open(bytes, size, &file), EMOVOX_OK);
  const tensor *t = safetensors_find(&file, name);
  assert_non_null(t);
  assert_true(index < t->count);
  memcpy(bytes + (t->data - bytes) + index * sizeof value, &value, sizeof value);
  safetensors_close(&file);
  testing_seal(bytes, size);
  return create(bytes, size);
}

static void people_are_of_this_world(void **state) {
  (void)state;
  static const char *const tensors[] = {"between", "means", "relative.weight", "relative.bias"};
  static const size_t last[] = {4, 39, 39, 7};
  static const float bad[] = {NAN, INFINITY, -INFINITY, 1.1e6F, -1.1e6F};
  for (size_t k = 0; k < 4; k++) {
    for (size_t i = 0; i < 5; i++) {
      assert_int_equal(create_with(tensors[k], 0, bad[i]), EMOVOX_ERROR_MODEL_NOT_FINITE);
      assert_int_equal(create_with(tensors[k], last[k], bad[i]), EMOVOX_ERROR_MODEL_NOT_FINITE);
    }
    assert_int_equal(create_with(tensors[k], last[k], 1e6F), EMOVOX_OK);
    assert_int_equal(create_with(tensors[k], last[k], -1e6F), k ? EMOVOX_OK : EMOVOX_ERROR_MODEL_NOT_FINITE);
  }
  static const float none[] = {0, -1, 1e-7F}; /* no variance is one */
  for (size_t i = 0; i < 3; i++)
    assert_int_equal(create_with("between", 2, none[i]), EMOVOX_ERROR_MODEL_NOT_FINITE);
}

static void tells_its_priors(void **state) {
  (void)state;
  emovox_model *model = testing_model(TESTING_TINY);
  float everyday[EMOVOX_MAX_LABELS], even[EMOVOX_MAX_LABELS], sum = 0;
  emovox_everyday_prior(model, everyday);
  emovox_even_prior(model, even);
  for (int k = 0; k < EMOVOX_MAX_LABELS; k++) {
    sum += everyday[k];
    assert_float_equal(even[k], k < 8, 0);
    if (k >= 8) assert_float_equal(everyday[k], 0, 0);
  }
  assert_float_equal(sum, 1, 1e-6F);
  assert_float_equal(everyday[0], 0.3F, 1e-5F);
  assert_float_equal(everyday[1], 0.2F, 1e-5F);
  emovox_model_destroy(model);
}

static void the_fingerprint_is_that_of_the_file(void **state) {
  (void)state;
  size_t size;
  uint8_t *bytes = testing_file(TESTING_TINY, &size);
  emovox_model *one = testing_model(TESTING_TINY), *other = NULL;
  assert_true(emovox_fingerprint(one) == fnv1a(bytes, size - FNV_BYTES));
  bytes[size - FNV_BYTES - 1] ^= 1; /* of an int8 weight */
  testing_seal(bytes, size);
  assert_int_equal(emovox_model_create(bytes, size, &other), EMOVOX_OK);
  assert_true(emovox_fingerprint(one) != emovox_fingerprint(other));
  emovox_model_destroy(one);
  emovox_model_destroy(other);
  free(bytes);
}

static void notices_every_bit_that_is_flipped(void **state) {
  (void)state;
  size_t size;
  uint8_t *bytes = testing_file(TESTING_TINY, &size);
  emovox_model *model = NULL;
  for (size_t bit = 0; bit < 8 * size; bit += 1009) {
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    emovox_status status = emovox_model_create(bytes, size, &model);
    if (status < EMOVOX_ERROR_MODEL_TRUNCATED) fail_msg("bit %zu: %s", bit, emovox_strerror(status));
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  bytes[size - FNV_BYTES - 1] ^= 1; /* of an int8 weight */
  assert_int_equal(emovox_model_create(bytes, size, &model), EMOVOX_ERROR_MODEL_CHECKSUM);
  free(bytes);
}

static void wants_its_checksum_last(void **state) {
  (void)state;
  const char *ours = "\"checksum\":{\"dtype\":\"I8\",\"shape\":[8]";
  assert_int_equal(create_changed(TESTING_TINY, ours, "\"checksum\":{\"dtype\":\"F32\",\"shape\":[2]"),
                   EMOVOX_ERROR_MODEL_TENSOR);

  size_t size;
  uint8_t *bytes = testing_file(TESTING_TINY, &size);
  safetensors file;
  assert_int_equal(safetensors_open(bytes, size, &file), EMOVOX_OK);
  const tensor *last = &file.tensors[file.count - 2];
  size_t from = (size_t)(last->data - file.tensors[0].data), to = from + last->count;
  safetensors_close(&file);
  char before[64], after[64];
  snprintf(before, sizeof before, "[%zu,%zu]", from, to);
  snprintf(after, sizeof after, "[%zu,%zu]", from + FNV_BYTES, to + FNV_BYTES);
  bytes = change(bytes, &size, before, after);
  snprintf(before, sizeof before, "[%zu,%zu]}}", to, to + FNV_BYTES);
  snprintf(after, sizeof after, "[%zu,%zu]}}", from, from + FNV_BYTES);
  bytes = change(bytes, &size, before, after);
  assert_int_equal(create(bytes, size), EMOVOX_ERROR_MODEL_TENSOR);
}

static void every_status_has_its_sentence(void **state) {
  (void)state;
  for (int i = 0; i <= EMOVOX_ERROR_EVIDENCE; i++)
    for (int k = 0; k < i; k++)
      assert_string_not_equal(emovox_strerror((emovox_status)i), emovox_strerror((emovox_status)k));
  assert_string_equal(emovox_strerror((emovox_status)99), "Unknown status.");
}

static void refuses_null(void **state) {
  (void)state;
  emovox_model *model = NULL;
  assert_int_equal(emovox_model_create(NULL, 0, &model), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_model_create("", 0, NULL), EMOVOX_ERROR_ARGUMENT);
  assert_int_equal(emovox_model_create("", 0, &model), EMOVOX_ERROR_MODEL_TRUNCATED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tells_what_it_is),
      cmocka_unit_test(names_each_fault),
      cmocka_unit_test(names_each_fault_of_an_encoder),
      cmocka_unit_test(names_each_fault_of_labels),
      cmocka_unit_test(names_each_fault_of_components_and_judgement),
      cmocka_unit_test(people_are_of_this_world),
      cmocka_unit_test(tells_its_priors),
      cmocka_unit_test(the_fingerprint_is_that_of_the_file),
      cmocka_unit_test(notices_every_bit_that_is_flipped),
      cmocka_unit_test(wants_its_checksum_last),
      cmocka_unit_test(every_status_has_its_sentence),
      cmocka_unit_test(refuses_null),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
