/* Log-mel spectrogram, one frame at a time.
 * SPDX-License-Identifier: MIT
 *
 * The conventions are librosa.feature.melspectrogram's defaults: frames centred on multiples of the hop, zeros
 * beyond both ends, periodic Hann window, power spectrum, Slaney mel scale with area normalisation; then log10. */
#ifndef EMOVOX_FEATURES_LOGMEL_H
#define EMOVOX_FEATURES_LOGMEL_H

#include "emovox.h"

/* The limits of logmel_params; a model file may ask for anything within. */
enum { LOGMEL_MAX_FFT = 4096, LOGMEL_MAX_BANDS = 256 };

typedef struct logmel_params {
  int sample_rate; /* Hz */
  int n_fft;       /* samples per frame and FFT size; even */
  int hop;         /* samples between frames; 1 .. n_fft */
  int n_mels;      /* bands */
  float f_min;     /* Hz, lower edge of the first band */
  float f_max;     /* Hz, upper edge of the last band, at most sample_rate / 2 */
  float log_floor; /* power below which log10 stops; > 0 */
} logmel_params;

/* 16 kHz, 400, 160, 80 bands, 0..8000 Hz, 1e-14. The floor is far below 16-bit noise, so that features of quiet
 * recordings are those of loud ones plus a constant. */
logmel_params logmel_params_default(void);

/* True if every value is within its range. */
int logmel_params_valid(const logmel_params *params);

typedef struct logmel logmel;

/* NULL without memory. `params` must be valid and is copied; `on_frame` gets n_mels values a frame. */
logmel *logmel_create(const logmel_params *params, emovox_frame_callback on_frame, void *user);
void logmel_destroy(logmel *self);
void logmel_reset(logmel *self);

/* Adds n samples; calls on_frame for each frame they complete. */
void logmel_push(logmel *self, const float *samples, size_t n);

/* Ends the signal with zeros: after n samples in all, 1 + floor(n / hop) frames have been handed out. */
void logmel_finish(logmel *self);

#endif
