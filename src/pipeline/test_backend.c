/* Calls to the neural network library fail, one at a time: the failure is reported as such, ends the recording, and
 * leaves an analyzer that judges as before once it is reset.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <xnnpack.h>

#include "testing.h"

static long countdown = -1; /* calls until the one that fails; negative: none fails */
static long calls;

static int fails(void) {
  calls++;
  return countdown >= 0 && countdown-- == 0;
}

/* The linker sends every call of these functions here (CMakeLists.txt: --wrap). */
#define WRAP(name, parameters, arguments)                                    \
  enum xnn_status __real_##name parameters;                                  \
  enum xnn_status __wrap_##name parameters;                                  \
  enum xnn_status __wrap_##name parameters {                                 \
    return fails() ? xnn_status_invalid_parameter : __real_##name arguments; \
  }

WRAP(xnn_initialize, (const struct xnn_allocator *a), (a))
WRAP(xnn_run_operator, (xnn_operator_t op, pthreadpool_t t), (op, t))
WRAP(xnn_reshape_convert_nc_f32_qd8, (xnn_operator_t op, size_t n, size_t c, size_t i, size_t o, pthreadpool_t t),
     (op, n, c, i, o, t))
WRAP(xnn_setup_convert_nc_f32_qd8, (xnn_operator_t op, const float *in, int8_t *out, struct xnn_quantization_params *q),
     (op, in, out, q))
WRAP(xnn_reshape_fully_connected_nc_f32, (xnn_operator_t op, size_t n, pthreadpool_t t), (op, n, t))
WRAP(xnn_setup_fully_connected_nc_f32, (xnn_operator_t op, const float *in, float *out), (op, in, out))
WRAP(xnn_reshape_fully_connected_nc_qd8_f32_qc8w, (xnn_operator_t op, size_t n, pthreadpool_t t), (op, n, t))
WRAP(xnn_setup_fully_connected_nc_qd8_f32_qc8w,
     (xnn_operator_t op, const int8_t *in, float *out, const struct xnn_quantization_params *q), (op, in, out, q))
WRAP(xnn_create_batch_matrix_multiply_nc_f32, (uint32_t flags, xnn_operator_t *op), (flags, op))
WRAP(xnn_reshape_batch_matrix_multiply_nc_f32,
     (xnn_operator_t op, size_t r, const size_t *a, const size_t *b, size_t m, size_t k, size_t n, size_t *size,
      size_t *alignment, pthreadpool_t t),
     (op, r, a, b, m, k, n, size, alignment, t))
WRAP(xnn_setup_batch_matrix_multiply_nc_f32,
     (xnn_operator_t op, void *workspace, const float *a, const float *b, float *out), (op, workspace, a, b, out))

static emovox_status judge(emovox_analyzer *analyzer, const array *speech, emovox_summary *summary) {
  emovox_status status = emovox_push(analyzer, speech->data, speech->count);
  return status ? status : emovox_finish(analyzer, summary);
}

static void survives_every_failure(void **state) {
  emovox_config config = emovox_config_default();
  array speech = testing_audio(TESTING_SPEECH, &config.sample_rate);
  speech.data = realloc(speech.data, 2 * speech.count * sizeof(float)); /* several segments in one push */
  assert_non_null(speech.data);
  memcpy(speech.data + speech.count, speech.data, speech.count * sizeof(float));
  speech.count *= 2;
  emovox_model *model = testing_model(*state);
  emovox_analyzer *analyzer = NULL;
  emovox_status status;

  int refused = 0;
  for (countdown = 0; (status = emovox_analyzer_create(model, &config, &analyzer)); countdown = ++refused)
    assert_int_equal(status, EMOVOX_ERROR_BACKEND);
  assert_true(refused > 0);
  countdown = -1;

  emovox_summary expected, summary;
  calls = 0;
  assert_int_equal(judge(analyzer, &speech, &expected), EMOVOX_OK);
  long all = calls;
  assert_true(all > 20);
  for (long n = 0; n < all; n += 1 + n / 32) { /* most are at the beginning: later segments are the same calls */
    emovox_analyzer_reset(analyzer);
    countdown = n;
    assert_int_equal(judge(analyzer, &speech, &summary), EMOVOX_ERROR_BACKEND);
    assert_int_equal(emovox_push(analyzer, speech.data, 1), EMOVOX_ERROR_STATE);
  }
  countdown = -1;
  emovox_analyzer_reset(analyzer);
  assert_int_equal(judge(analyzer, &speech, &summary), EMOVOX_OK);
  assert_memory_equal(summary.probabilities, expected.probabilities, sizeof summary.probabilities);

  emovox_analyzer_destroy(analyzer);
  emovox_model_destroy(model);
  free(speech.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_prestate(survives_every_failure, TESTING_SMALL),
      cmocka_unit_test_prestate(survives_every_failure, TESTING_TINY),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
