/* SPDX-License-Identifier: MIT */
#include "pipeline/fnv.h"

uint64_t fnv1a(const uint8_t *bytes, size_t size) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}
