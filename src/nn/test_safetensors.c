/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/safetensors.h"
#include "testing.h"

/* A file with this JSON header and so many bytes of zeros as data; returns what opening it says. */
static emovox_status open_made(const char *json, size_t data) {
  size_t length = strlen(json), size = 8 + length + data;
  uint8_t *bytes = calloc(1, size); /* exact, so that the sanitizer sees any step beyond */
  assert_non_null(bytes);
  for (int i = 0; i < 8; i++)
    bytes[i] = (uint8_t)(length >> (8 * i));
  memcpy(bytes + 8, json, length);
  safetensors file;
  emovox_status status = safetensors_open(bytes, size, &file);
  if (!status) safetensors_close(&file);
  free(bytes);
  return status;
}

#define A "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}"
#define B(from, to) "\"b\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[" #from "," #to "]}"

static void accepts_good_files(void **state) {
  (void)state;
  assert_int_equal(open_made("{" A "," B(24, 28) "}", 28), EMOVOX_OK);
  assert_int_equal(open_made("{" B(24, 28) "," A "}   ", 28), EMOVOX_OK); /* any order, padded */
  assert_int_equal(open_made("{\"__metadata__\":{\"k\":\"v\"}}", 0), EMOVOX_OK);
}

static void names_each_fault(void **state) {
  (void)state;
  const struct {
    const char *json;
    size_t data;
    emovox_status expected;
  } cases[] = {
      {"", 0, EMOVOX_ERROR_MODEL_HEADER},
      {"[]", 0, EMOVOX_ERROR_MODEL_HEADER},
      {"{\"a\"", 0, EMOVOX_ERROR_MODEL_HEADER},
      {"{} x", 0, EMOVOX_ERROR_MODEL_HEADER},
      {"{\"a\":5}", 0, EMOVOX_ERROR_MODEL_HEADER},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, EMOVOX_ERROR_MODEL_HEADER},
      {"{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, EMOVOX_ERROR_MODEL_HEADER},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, EMOVOX_ERROR_MODEL_HEADER},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, EMOVOX_ERROR_MODEL_HEADER},
      {"{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, EMOVOX_ERROR_MODEL_DTYPE},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, EMOVOX_ERROR_MODEL_SHAPE},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, EMOVOX_ERROR_MODEL_SHAPE},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, EMOVOX_ERROR_MODEL_SHAPE},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,6]}}", 6, EMOVOX_ERROR_MODEL_SHAPE},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, EMOVOX_ERROR_MODEL_SHAPE},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2000000000,2000000000,2000000000],\"data_offsets\":[0,4]}}", 4,
       EMOVOX_ERROR_MODEL_SHAPE},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1e300],\"data_offsets\":[0,4]}}", 4, EMOVOX_ERROR_MODEL_SHAPE},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, EMOVOX_ERROR_MODEL_OFFSETS},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, EMOVOX_ERROR_MODEL_OFFSETS},
      {"{" A "}", 20, EMOVOX_ERROR_MODEL_TRUNCATED},
      {"{" A "}", 25, EMOVOX_ERROR_MODEL_OFFSETS},               /* more data than tensors */
      {"{" A "," B(25, 29) "}", 29, EMOVOX_ERROR_MODEL_OFFSETS}, /* a hole */
      {"{" A "," B(20, 24) "}", 24, EMOVOX_ERROR_MODEL_OFFSETS}, /* overlap */
      {"{" A "," B(20, 24) "}", 28, EMOVOX_ERROR_MODEL_OFFSETS}, /* overlap and a hole of the same size */
      {"{\"a\":{\"dtype\":\"I8\",\"shape\":[65536,65536,65536,65536],\"data_offsets\":[0,0]}}", 0,
       EMOVOX_ERROR_MODEL_SHAPE},                       /* 2^64 elements */
      {"{" A "," A "}", 24, EMOVOX_ERROR_MODEL_TENSOR}, /* twice */
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    emovox_status status = open_made(cases[i].json, cases[i].data);
    if (status != cases[i].expected) fail_msg("%s: %s", cases[i].json, emovox_strerror(status));
  }
}

static void checks_header_size(void **state) {
  (void)state;
  safetensors file;
  const uint8_t huge[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, '{', '}'};
  const uint8_t longer[10] = {200, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
  assert_int_equal(safetensors_open(huge, sizeof huge, &file), EMOVOX_ERROR_MODEL_HEADER);
  assert_int_equal(safetensors_open(longer, sizeof longer, &file), EMOVOX_ERROR_MODEL_TRUNCATED);
  for (size_t size = 0; size < 8; size++)
    assert_int_equal(safetensors_open(longer, size, &file), EMOVOX_ERROR_MODEL_TRUNCATED);
}

/* As many tensors as there may be, and one more. */
static void limits_their_number(void **state) {
  (void)state;
  enum { ENTRY = 64 };
  char *json = malloc((SAFETENSORS_MAX_TENSORS + 1) * ENTRY + 2);
  assert_non_null(json);
  for (int extra = 0; extra <= 1; extra++) {
    size_t length = 0;
    for (int i = 0; i < SAFETENSORS_MAX_TENSORS + extra; i++)
      length += (size_t)sprintf(json + length, "%c\"%d\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[%d,%d]}",
                                i ? ',' : '{', i, i, i + 1);
    strcpy(json + length, "}");
    assert_int_equal(open_made(json, (size_t)(SAFETENSORS_MAX_TENSORS + extra)),
                     extra ? EMOVOX_ERROR_MODEL_HEADER : EMOVOX_OK);
  }
  free(json);
}

static const char *values_json =
    "{\"f\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
    "\"q.scale\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
    "\"q\":{\"dtype\":\"I8\",\"shape\":[2,2],\"data_offsets\":[16,20]}}";

static size_t values_file(uint8_t *bytes, float first) {
  const float floats[] = {first, -2, 0.5f, 10};
  const int8_t ints[] = {1, -2, 127, -128};
  size_t length = strlen(values_json);
  memset(bytes, 0, 8);
  bytes[0] = (uint8_t)length;
  memcpy(bytes + 8, values_json, length);
  memcpy(bytes + 8 + length, floats, sizeof floats);
  memcpy(bytes + 8 + length + sizeof floats, ints, sizeof ints);
  return 8 + length + sizeof floats + sizeof ints;
}

static void reads_values(void **state) {
  (void)state;
  uint8_t bytes[512];
  safetensors file;
  assert_int_equal(safetensors_open(bytes, values_file(bytes, 1.5f), &file), EMOVOX_OK);
  float f[2], q[4];
  assert_int_equal(safetensors_read(&file, "f", 2, (size_t[]){1, 2}, f), EMOVOX_OK);
  assert_int_equal(safetensors_read(&file, "q", 2, (size_t[]){2, 2}, q), EMOVOX_OK);
  const float expected_f[] = {1.5f, -2}, expected_q[] = {0.5f, -1, 1270, -1280};
  testing_assert_close(f, expected_f, 2, 0);
  testing_assert_close(q, expected_q, 4, 0);
  assert_int_equal(safetensors_read(&file, "f", 1, (size_t[]){2}, NULL), EMOVOX_ERROR_MODEL_SHAPE);
  assert_int_equal(safetensors_read(&file, "f", 2, (size_t[]){2, 1}, NULL), EMOVOX_ERROR_MODEL_SHAPE);
  assert_int_equal(safetensors_read(&file, "g", 1, (size_t[]){1}, NULL), EMOVOX_ERROR_MODEL_TENSOR);
  assert_null(safetensors_metadata(&file, "k"));
  safetensors_close(&file);
}

/* 8-bit weights need floats as scales, one for each row. */
static void checks_scales(void **state) {
  (void)state;
  const struct {
    const char *scale;
    size_t bytes;
    emovox_status expected;
  } cases[] = {
      {"{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[4,6]}", 6, EMOVOX_ERROR_MODEL_DTYPE},
      {"{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[4,16]}", 16, EMOVOX_ERROR_MODEL_SHAPE},
      {"{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[4,12]}", 12, EMOVOX_ERROR_MODEL_SHAPE},
      {"{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}", 12, EMOVOX_OK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint8_t bytes[256] = {0};
    int length =
        snprintf((char *)bytes + 8, sizeof bytes - 8,
                 "{\"q\":{\"dtype\":\"I8\",\"shape\":[2,2],\"data_offsets\":[0,4]},\"q.scale\":%s}", cases[i].scale);
    bytes[0] = (uint8_t)length;
    memset(bytes + 8 + length, 0, cases[i].bytes);
    safetensors file;
    float values[4];
    assert_int_equal(safetensors_open(bytes, 8 + (size_t)length + cases[i].bytes, &file), EMOVOX_OK);
    assert_int_equal(safetensors_read(&file, "q", 2, (size_t[]){2, 2}, values), cases[i].expected);
    safetensors_close(&file);
  }
}

static void refuses_values_that_are_not_finite(void **state) {
  (void)state;
  uint8_t bytes[512];
  safetensors file;
  assert_int_equal(safetensors_open(bytes, values_file(bytes, NAN), &file), EMOVOX_ERROR_MODEL_NOT_FINITE);
  assert_int_equal(safetensors_open(bytes, values_file(bytes, INFINITY), &file), EMOVOX_ERROR_MODEL_NOT_FINITE);
}

/* The shipped model, cut off anywhere or with any byte of its header changed, is refused or read: never a crash. */
static void survives_damage(void **state) {
  (void)state;
  size_t size;
  uint8_t *bytes = testing_file(TESTING_SMALL, &size);
  size_t header = 8 + ((size_t)bytes[0] | (size_t)bytes[1] << 8);
  emovox_model *model = NULL;
  for (size_t cut = 0; cut < size; cut += cut < header ? 7 : 65537) {
    uint8_t *part = malloc(cut + 1);
    memcpy(part, bytes, cut);
    assert_int_not_equal(emovox_model_create(part, cut, &model), EMOVOX_OK);
    free(part);
  }
  for (size_t i = 0; i < header; i++) {
    uint8_t before = bytes[i];
    bytes[i] ^= (uint8_t)(1 + i % 255);
    if (emovox_model_create(bytes, size, &model) == EMOVOX_OK) emovox_model_destroy(model);
    bytes[i] = before;
  }
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepts_good_files), cmocka_unit_test(names_each_fault),
      cmocka_unit_test(checks_header_size), cmocka_unit_test(reads_values),
      cmocka_unit_test(survives_damage),    cmocka_unit_test(refuses_values_that_are_not_finite),
      cmocka_unit_test(checks_scales),      cmocka_unit_test(limits_their_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
