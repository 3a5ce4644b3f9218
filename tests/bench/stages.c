/* The library with a stopwatch at its stages: a module of its own for npm run bench, as the released one has none.
 *
 * The linker passes calls of the functions below through __wrap_ (--wrap, see CMakeLists.txt), so that each stage is
 * timed where it works, on real data and with the caches as it finds them. Its time is its own: that of stages which
 * it calls is taken off.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "features/normalize.h"
#include "features/resample.h"
#include "nn/activation.h"
#include "nn/matmul.h"
#include "pipeline/judge.h"
#include "pipeline/model.h"
#include "pipeline/vote.h"

#define IMPORT(name) __attribute__((import_module("bench"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

IMPORT(now) double now(void); /* ms */

/* tests/bench/stages.js has the same order. PRODUCTS are the matrix products of BLOCKS. */
enum stage { OTHER, RESAMPLE, LOGMEL, NORMALIZE, CONVOLUTIONS, GELU, PRODUCTS, BLOCKS, LSTM, NETWORK, VOTING, STAGES };

static struct {
  double spent[STAGES]; /* ms */
  double since;
  enum stage stage;
} watch;

/* Returns the stage before. */
static enum stage enter(enum stage stage) {
  enum stage before = watch.stage;
  double t = now();
  watch.spent[before] += t - watch.since;
  watch.since = t;
  watch.stage = stage;
  return before;
}

/* `stage` if it begins within `outer`; else what is under way goes on. */
static enum stage within(enum stage outer, enum stage stage) {
  return watch.stage == outer ? stage : watch.stage;
}

#define WRAP(which, name, parameters, arguments)    \
  emovox_status __real_##name parameters;           \
  emovox_status __wrap_##name parameters;           \
  emovox_status __wrap_##name parameters {          \
    enum stage before = enter(which);               \
    emovox_status status = __real_##name arguments; \
    enter(before);                                  \
    return status;                                  \
  }
#define WRAP_VOID(which, name, parameters, arguments) \
  void __real_##name parameters;                      \
  void __wrap_##name parameters;                      \
  void __wrap_##name parameters {                     \
    enum stage before = enter(which);                 \
    __real_##name arguments;                          \
    enter(before);                                    \
  }

WRAP_VOID(RESAMPLE, resampler_push, (void *self, const float *in, size_t n), (self, in, n))
WRAP_VOID(LOGMEL, logmel_push, (void *self, const float *in, size_t n), (self, in, n))
WRAP(NETWORK, network_run, (void *self, const float *in, size_t n, network_output *out), (self, in, n, out))
WRAP(CONVOLUTIONS, conv_run, (void *self, const float *in, size_t n, float *out), (self, in, n, out))
WRAP(BLOCKS, transformer_run, (void *self, size_t index, const float *in, size_t n, float *out),
     (self, index, in, n, out))
WRAP(within(BLOCKS, PRODUCTS), linear_run, (void *self, const float *in, size_t n, float *out), (self, in, n, out))
WRAP(within(BLOCKS, PRODUCTS), linear_run_all,
     (void *const *layers, size_t count, const float *in, size_t n, float *const *outputs),
     (layers, count, in, n, outputs))
WRAP(within(BLOCKS, PRODUCTS), matmul_run,
     (void *self, const float *a, const float *b, size_t m, size_t k, size_t n, float *out), (self, a, b, m, k, n, out))
WRAP_VOID(within(NETWORK, GELU), activation_gelu, (float *x, size_t n), (x, n))
WRAP(LSTM, lstm_run, (void *self, const float *in, size_t n, float *out, size_t stride), (self, in, n, out, stride))
WRAP_VOID(VOTING, judge_evidence,
          (const population *people, const light *in, const belief *known, const float *evidence, float *out),
          (people, in, known, evidence, out))
WRAP_VOID(VOTING, vote_add, (void *self, const emovox_segment *segment), (self, segment))

float __real_normalize(const normalize_params *params, const float *in, size_t n, float *out);
float __wrap_normalize(const normalize_params *params, const float *in, size_t n, float *out);
float __wrap_normalize(const normalize_params *params, const float *in, size_t n, float *out) {
  enum stage before = enter(NORMALIZE);
  float peak = __real_normalize(params, in, n, out);
  enter(before);
  return peak;
}

/* Analyses mono audio. Returns the milliseconds of each stage, or NULL on failure. */
EXPORT(bench_stages) const double *bench_stages(const emovox_model *model, const float *in, size_t n, uint32_t rate);
const double *bench_stages(const emovox_model *model, const float *in, size_t n, uint32_t rate) {
  emovox_config config = emovox_config_default();
  config.sample_rate = rate;
  emovox_analyzer *analyzer;
  emovox_summary summary;
  if (emovox_analyzer_create(model, &config, &analyzer)) return NULL;
  memset(&watch, 0, sizeof watch);
  watch.since = now();
  emovox_status status = emovox_push(analyzer, in, n);
  if (!status) status = emovox_finish(analyzer, &summary);
  enter(OTHER);
  emovox_analyzer_destroy(analyzer);
  return status ? NULL : watch.spent;
}

/* The network alone, for features that others are given as well. NULL on failure. */
EXPORT(bench_network) network *bench_network(const emovox_model *model);
network *bench_network(const emovox_model *model) {
  network *created;
  return network_create(&model->network, &model->file, &created) ? NULL : created;
}

/* Normalised log-mel of a full sequence, with NN_PADDING floats of slack -> probabilities of the labels as the network
 * gives them: before they are judged. */
EXPORT(bench_judge)
emovox_status bench_judge(const emovox_model *model, network *self, const float *sequence, float *probabilities);
emovox_status bench_judge(const emovox_model *model, network *self, const float *sequence, float *probabilities) {
  network_output output;
  emovox_status status = __real_network_run(self, sequence, model->sequence.frames, &output);
  for (size_t y = 0; !status && y < model->people.labels; y++)
    probabilities[y] = expf(output.evidence[y]);
  return status;
}
