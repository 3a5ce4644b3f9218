/* SPDX-License-Identifier: MIT */
#include "nn/activation.h"

#include "bits.h"
#include "sums.h"

/* Rational approximations x P(x^2) / Q(x^2), minimax-fitted by reweighted least squares; beyond the clamp the
 * functions are 1 in float. */
static inline float fast_tanh(float x) {
  x = bits_clamp(x, 7.9f);
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

static inline float fast_sigmoid(float x) {
  return 0.5f * fast_tanh(0.5f * x) + 0.5f;
}

/* Phi(x) - 1/2 is approximated in the same way. Its errors count for more the larger x is. */
void activation_gelu(float *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float c = bits_clamp(x[i], 5), z = c * c;
    float p = 6.253407628e-05f;
    p = p * z + 4.320392385e-03f;
    p = p * z + 2.937886678e-02f;
    p = p * z + 3.989661336e-01f;
    float q = 3.816644039e-06f;
    q = q * z + 1.505818102e-03f;
    q = q * z + 2.572190762e-02f;
    q = q * z + 2.404915243e-01f;
    q = q * z + 1;
    x[i] *= c * p / q + 0.5f;
  }
}

void activation_lstm(const float *gates, float *restrict cell, float *restrict hidden, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float in = fast_sigmoid(gates[i]), forget = fast_sigmoid(gates[n + i]);
    float c = forget * cell[i] + in * fast_tanh(gates[2 * n + i]);
    cell[i] = c;
    hidden[i] = fast_sigmoid(gates[3 * n + i]) * fast_tanh(c);
  }
}

/* exp(x) for x <= 0, relative error below 1e-6: 2^n times a minimax polynomial of what is left of the exponent. */
static inline float fast_exp(float x) {
  float y = bits_clamp(1.44269504f * x, 126);
  int32_t n = bits_round(y);
  float f = y - (float)n, power = bits_float((n + 127) * (1 << 23));
  float p = 1.32764716e-03f;
  p = p * f + 9.67554164e-03f;
  p = p * f + 5.55071328e-02f;
  p = p * f + 2.40221197e-01f;
  p = p * f + 6.93146967e-01f;
  p = p * f + 1.00000007f;
  return p * power;
}

void activation_softmax(float *x, size_t n) {
  int32_t most = INT32_MIN;
  for (size_t i = 0; i < n; i++)
    most = bits_order(x[i]) > most ? bits_order(x[i]) : most;
  float max = bits_ordered(most);
  for (size_t i = 0; i < n; i++)
    x[i] = fast_exp(x[i] - max);
  float scale = 1 / sums_of(x, n);
  for (size_t i = 0; i < n; i++)
    x[i] *= scale;
}
