/* Floats as the integers that hold them, of which compilers compare and clamp several at a time.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_BITS_H
#define EMOVOX_NN_BITS_H

#include <stdint.h>
#include <string.h>

static inline int32_t bits_of(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float bits_float(int32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* An integer that is larger the larger x is. bits_ordered() is the way back. */
static inline int32_t bits_order(float x) {
  int32_t bits = bits_of(x);
  return bits ^ (bits >> 31 & INT32_MAX);
}

static inline float bits_ordered(int32_t order) {
  return bits_float(order ^ (order >> 31 & INT32_MAX));
}

/* The same of |x|, with bits_float() as the way back. */
static inline int32_t bits_size(float x) {
  return bits_of(x) & INT32_MAX;
}

/* x, limited to -limit .. limit. */
static inline float bits_clamp(float x, float limit) {
  int32_t size = bits_size(x), most = bits_of(limit);
  return bits_float((size < most ? size : most) | (bits_of(x) & INT32_MIN));
}

/* The integer that is nearest to x, of up to 22 bits. Added to this number, a float keeps no fraction. */
static inline int32_t bits_round(float x) {
  const float magic = 12582912;
  return bits_of(x + magic) - bits_of(magic);
}

#endif
