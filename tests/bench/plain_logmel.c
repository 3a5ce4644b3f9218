/* The log-mel spectrogram as plain C: window, kissfft's real FFT, power, the dense product with the mel matrix, log10.
 * Compiled with the flags of the library; it is what src/features is compared with.
 * SPDX-License-Identifier: MIT */
#include <kiss_fftr.h>
#include <math.h>

enum { RATE = 16000, FFT = 400, HOP = 160, BINS = FFT / 2 + 1, BANDS = 80 };

static float window[FFT], mel[BANDS][BINS];
static kiss_fftr_cfg fft;

static double slaney(double mel_value) {
  return mel_value < 15 ? mel_value * 200 / 3 : 1000 * exp((mel_value - 15) * log(6.4) / 27);
}

static void prepare(void) {
  const double pi = 3.14159265358979323846, top = 15 + 27 * log(RATE / 2000.0) / log(6.4);
  fft = kiss_fftr_alloc(FFT, 0, NULL, NULL);
  for (int i = 0; i < FFT; i++)
    window[i] = (float)(0.5 - 0.5 * cos(2 * pi * i / FFT));
  for (int b = 0; b < BANDS; b++) {
    double low = slaney(top * b / (BANDS + 1)), centre = slaney(top * (b + 1) / (BANDS + 1)),
           high = slaney(top * (b + 2) / (BANDS + 1));
    for (int k = 0; k < BINS; k++) {
      double hz = (double)k * RATE / FFT, triangle = fmin((hz - low) / (centre - low), (high - hz) / (high - centre));
      mel[b][k] = (float)(fmax(triangle, 0) * 2 / (high - low));
    }
  }
}

/* samples (n) -> out (n / HOP + 1, BANDS) */
__attribute__((export_name("plain_logmel"))) void plain_logmel(const float *samples, int n, float *out);
void plain_logmel(const float *samples, int n, float *out) {
  if (!fft) prepare();
  for (int centre = 0; centre <= n; centre += HOP, out += BANDS) {
    kiss_fft_scalar frame[FFT];
    kiss_fft_cpx spectrum[BINS];
    float power[BINS];
    for (int i = 0; i < FFT; i++) {
      int at = centre - FFT / 2 + i;
      frame[i] = (kiss_fft_scalar)(at >= 0 && at < n ? samples[at] * window[i] : 0);
    }
    kiss_fftr(fft, frame, spectrum);
    for (int k = 0; k < BINS; k++)
      power[k] = (float)(spectrum[k].r * spectrum[k].r + spectrum[k].i * spectrum[k].i);
    for (int b = 0; b < BANDS; b++) {
      float sum = 0;
      for (int k = 0; k < BINS; k++)
        sum += mel[b][k] * power[k];
      out[b] = log10f(fmaxf(sum, 1e-14f));
    }
  }
}
