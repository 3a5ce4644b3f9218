/* SPDX-License-Identifier: MIT */
#include "features/logmel.h"

#include <kiss_fftr.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"

/* A triangular mel band touches only a few FFT bins: keep just those. */
typedef struct mel_band {
  int first;   /* FFT bin */
  int count;   /* bins */
  int weights; /* index into logmel.weights */
} mel_band;

struct logmel {
  logmel_params params;
  emovox_frame_callback on_frame;
  void *user;
  kiss_fftr_cfg fft;
  float *window;          /* (n_fft) */
  mel_band *bands;        /* (n_mels) */
  float *weights;         /* all bands' weights in a row */
  float *samples;         /* (n_fft) the frame being filled */
  double *windowed;       /* (n_fft) */
  kiss_fft_cpx *spectrum; /* (n_fft / 2 + 1) */
  float *power;           /* (n_fft / 2 + 1) */
  float *frame;           /* (n_mels) */
  int filled;             /* samples in the frame so far */
};

logmel_params logmel_params_default(void) {
  return (logmel_params){
      .sample_rate = 16000, .n_fft = 400, .hop = 160, .n_mels = 80, .f_min = 0, .f_max = 8000, .log_floor = 1e-14f};
}

int logmel_params_valid(const logmel_params *p) {
  return p->sample_rate >= EMOVOX_MIN_SAMPLE_RATE && p->sample_rate <= EMOVOX_MAX_SAMPLE_RATE && p->n_fft >= 32 &&
         p->n_fft <= LOGMEL_MAX_FFT && p->n_fft % 2 == 0 && p->hop >= 1 && p->hop <= p->n_fft && p->n_mels >= 1 &&
         p->n_mels <= LOGMEL_MAX_BANDS && p->f_min >= 0 && p->f_min < p->f_max &&
         p->f_max <= (float)p->sample_rate / 2 && p->log_floor > 0 && p->log_floor < 1;
}

/* Slaney's Auditory Toolbox mel scale: linear to 1000 Hz, logarithmic above. */
static double hz_to_mel(double hz) {
  return hz < 1000 ? hz * 3 / 200 : 15 + 27 * log(hz / 1000) / log(6.4);
}

static double mel_to_hz(double mel) {
  return mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * log(6.4) / 27);
}

/* Edge i of n_mels + 2, in Hz: band b rises from edge b to b + 1 and falls to b + 2. */
static double mel_edge(const logmel_params *p, int i) {
  double low = hz_to_mel((double)p->f_min), high = hz_to_mel((double)p->f_max);
  return mel_to_hz(low + (high - low) * i / (p->n_mels + 1));
}

/* Triangles of unit area (Slaney), as librosa.filters.mel. Returns the number of non-zero weights; writes bands
 * and weights unless they are NULL. */
static int mel_filters(const logmel_params *p, mel_band *bands, float *weights) {
  int total = 0, bins = p->n_fft / 2 + 1;
  for (int b = 0; b < p->n_mels; b++) {
    double low = mel_edge(p, b), centre = mel_edge(p, b + 1), high = mel_edge(p, b + 2);
    mel_band band = {.first = 0, .count = 0, .weights = total};
    for (int k = 0; k < bins; k++) {
      double hz = (double)k * p->sample_rate / p->n_fft;
      double triangle = fmin((hz - low) / (centre - low), (high - hz) / (high - centre));
      if (triangle <= 0) continue;
      if (band.count++ == 0) band.first = k;
      if (weights) weights[total] = (float)(triangle * 2 / (high - low));
      total++;
    }
    if (bands) bands[b] = band;
  }
  return total;
}

logmel *logmel_create(const logmel_params *params, emovox_frame_callback on_frame, void *user) {
  logmel *self = calloc(1, sizeof *self);
  if (!self) return NULL;
  size_t n_fft = (size_t)params->n_fft, bins = n_fft / 2 + 1, n_mels = (size_t)params->n_mels;
  self->params = *params;
  self->on_frame = on_frame;
  self->user = user;
  self->fft = kiss_fftr_alloc(params->n_fft, 0, NULL, NULL);
  self->window = malloc(n_fft * sizeof(float));
  self->samples = malloc(n_fft * sizeof(float));
  self->windowed = malloc(n_fft * sizeof(double));
  self->spectrum = malloc(bins * sizeof(kiss_fft_cpx));
  self->power = malloc(bins * sizeof(float));
  self->frame = malloc(n_mels * sizeof(float));
  self->bands = malloc(n_mels * sizeof(mel_band));
  self->weights = malloc(((size_t)mel_filters(params, NULL, NULL) + 1) * sizeof(float));
  if (!self->fft || !self->window || !self->samples || !self->windowed || !self->spectrum || !self->power ||
      !self->frame || !self->bands || !self->weights) {
    logmel_destroy(self);
    return NULL;
  }
  const double pi = 3.14159265358979323846;
  for (size_t i = 0; i < n_fft; i++)
    self->window[i] = (float)(0.5 - 0.5 * cos(2 * pi * (double)i / (double)n_fft));
  mel_filters(params, self->bands, self->weights);
  logmel_reset(self);
  return self;
}

void logmel_destroy(logmel *self) {
  if (!self) return;
  kiss_fftr_free(self->fft);
  free(self->window);
  free(self->samples);
  free(self->windowed);
  free(self->spectrum);
  free(self->power);
  free(self->frame);
  free(self->bands);
  free(self->weights);
  free(self);
}

/* The first frame is centred on sample 0: half of it lies before the signal. */
void logmel_reset(logmel *self) {
  self->filled = self->params.n_fft / 2;
  memset(self->samples, 0, (size_t)self->filled * sizeof(float));
}

/* Of a positive x = 2^n m, m from sqrt(1/2) to sqrt(2), error below 1e-6: ln m = 2 artanh((m - 1) / (m + 1)). */
static inline float fast_log10(float x) {
  int32_t n = (bits_of(x) - bits_of(0.70710678f)) >> 23;
  float m = bits_float(bits_of(x) - n * (1 << 23)), t = (m - 1) / (m + 1), z = t * t;
  float ln_m = 2 * t * (1 + z * (1.0f / 3 + z * (1.0f / 5 + z * (1.0f / 7))));
  return 0.30103f * (float)n + 0.4342945f * ln_m;
}

static void emit_frame(logmel *self) {
  const logmel_params *p = &self->params;
  int bins = p->n_fft / 2 + 1;
  for (int i = 0; i < p->n_fft; i++)
    self->windowed[i] = (double)self->samples[i] * (double)self->window[i];
  kiss_fftr(self->fft, self->windowed, self->spectrum);
  for (int k = 0; k < bins; k++)
    self->power[k] = (float)(self->spectrum[k].r * self->spectrum[k].r + self->spectrum[k].i * self->spectrum[k].i);
  for (int b = 0; b < p->n_mels; b++) {
    const mel_band *band = &self->bands[b];
    const float *weights = self->weights + band->weights, *power = self->power + band->first;
    float sum = 0;
    for (int k = 0; k < band->count; k++)
      sum += weights[k] * power[k];
    self->frame[b] = sum > p->log_floor ? sum : p->log_floor;
  }
  for (int b = 0; b < p->n_mels; b++)
    self->frame[b] = fast_log10(self->frame[b]);
  self->on_frame(self->frame, (size_t)p->n_mels, self->user);
}

void logmel_push(logmel *self, const float *samples, size_t n) {
  int n_fft = self->params.n_fft, hop = self->params.hop;
  while (n) {
    size_t space = (size_t)(n_fft - self->filled), take = n < space ? n : space;
    memcpy(self->samples + self->filled, samples, take * sizeof(float));
    self->filled += (int)take;
    samples += take;
    n -= take;
    if (self->filled < n_fft) return;
    emit_frame(self);
    self->filled = n_fft - hop;
    memmove(self->samples, self->samples + hop, (size_t)self->filled * sizeof(float));
  }
}

void logmel_finish(logmel *self) {
  static const float zeros[64] = {0};
  for (int left = self->params.n_fft / 2; left > 0; left -= 64)
    logmel_push(self, zeros, (size_t)(left < 64 ? left : 64));
}
