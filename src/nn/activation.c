/* SPDX-License-Identifier: MIT */
#include "nn/activation.h"

#include <math.h>

/* Clamping with ternaries, not fminf: it compiles to one SIMD instruction. */
static inline float clamp(float x, float limit) {
  x = x > limit ? limit : x;
  return x < -limit ? -limit : x;
}

/* Rational approximations x P(x^2) / Q(x^2), minimax-fitted by reweighted least squares; beyond the clamp the
 * functions are 1 in float. */
static inline float fast_tanh(float x) {
  x = clamp(x, 7.9f);
  float z = x * x;
  float p = 1.525967377e-08f;
  p = p * z + 2.190341189e-05f;
  p = p * z + 3.571695715e-03f;
  p = p * z + 1.344445148e-01f;
  p = p * z + 9.999999735e-01f;
  float q = 8.530544888e-07f;
  q = q * z + 3.411742576e-04f;
  q = q * z + 2.616441172e-02f;
  q = q * z + 4.677777366e-01f;
  q = q * z + 1;
  return x * p / q;
}

static inline float fast_erf(float x) {
  x = clamp(x, 4);
  float z = x * x;
  float p = 1.974802034e-06f;
  p = p * z + 2.880419242e-04f;
  p = p * z + 4.003719763e-03f;
  p = p * z + 5.346771004e-02f;
  p = p * z + 1.962508715e-01f;
  p = p * z + 1.128378976e+00f;
  float q = 3.748059386e-05f;
  q = q * z + 1.216375476e-03f;
  q = q * z + 1.544457356e-02f;
  q = q * z + 1.164771921e-01f;
  q = q * z + 5.072539653e-01f;
  q = q * z + 1;
  return x * p / q;
}

static inline float fast_sigmoid(float x) {
  return 0.5f * fast_tanh(0.5f * x) + 0.5f;
}

void activation_gelu(float *x, size_t n) {
  const float sqrt_half = 0.70710678f;
  for (size_t i = 0; i < n; i++)
    x[i] = 0.5f * x[i] * (1 + fast_erf(sqrt_half * x[i]));
}

void activation_lstm(const float *gates, float *restrict cell, float *restrict hidden, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float in = fast_sigmoid(gates[i]), forget = fast_sigmoid(gates[n + i]);
    float c = forget * cell[i] + in * fast_tanh(gates[2 * n + i]);
    cell[i] = c;
    hidden[i] = fast_sigmoid(gates[3 * n + i]) * fast_tanh(c);
  }
}

void activation_softmax(float *x, size_t n) {
  float max = x[0], sum = 0;
  for (size_t i = 1; i < n; i++)
    max = x[i] > max ? x[i] : max;
  for (size_t i = 0; i < n; i++)
    sum += x[i] = expf(x[i] - max);
  for (size_t i = 0; i < n; i++)
    x[i] /= sum;
}
