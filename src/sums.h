/* Sums in eight parts that take turns: they vectorise, and every compiler adds in the same order (see unfused.h).
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_SUMS_H
#define EMOVOX_SUMS_H

#include <stddef.h>

enum { SUMS_PARTS = 8 };

static inline float sums_total(const float parts[SUMS_PARTS]) {
  return ((parts[0] + parts[4]) + (parts[2] + parts[6])) + ((parts[1] + parts[5]) + (parts[3] + parts[7]));
}

/* Sum of x[i]. */
static inline float sums_of(const float *x, size_t n) {
  float parts[SUMS_PARTS] = {0};
  size_t i = 0;
  for (; i + SUMS_PARTS <= n; i += SUMS_PARTS)
    for (size_t k = 0; k < SUMS_PARTS; k++)
      parts[k] += x[i + k];
  for (size_t k = 0; i < n; i++, k++)
    parts[k] += x[i];
  return sums_total(parts);
}

/* Sum of (x[i] - mean)^2. */
static inline float sums_of_squares(const float *x, float mean, size_t n) {
  float parts[SUMS_PARTS] = {0};
  size_t i = 0;
  for (; i + SUMS_PARTS <= n; i += SUMS_PARTS)
    for (size_t k = 0; k < SUMS_PARTS; k++)
      parts[k] += (x[i + k] - mean) * (x[i + k] - mean);
  for (size_t k = 0; i < n; i++, k++)
    parts[k] += (x[i] - mean) * (x[i] - mean);
  return sums_total(parts);
}

/* Sum of x[i] y[i]. */
static inline float sums_of_products(const float *x, const float *y, size_t n) {
  float parts[SUMS_PARTS] = {0};
  size_t i = 0;
  for (; i + SUMS_PARTS <= n; i += SUMS_PARTS)
    for (size_t k = 0; k < SUMS_PARTS; k++)
      parts[k] += x[i + k] * y[i + k];
  for (size_t k = 0; i < n; i++, k++)
    parts[k] += x[i] * y[i];
  return sums_total(parts);
}

#endif
