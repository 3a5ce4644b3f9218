/* SPDX-License-Identifier: MIT */
#include "pipeline/fnv.h"

uint64_t fnv1a(const uint8_t *bytes, size_t size) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}

void fnv_write(uint64_t hash, uint8_t out[FNV_BYTES]) {
  for (int i = 0; i < FNV_BYTES; i++)
    out[i] = (uint8_t)(hash >> 8 * i);
}

uint64_t fnv_read(const uint8_t bytes[FNV_BYTES]) {
  uint64_t hash = 0;
  for (int i = 0; i < FNV_BYTES; i++)
    hash |= (uint64_t)bytes[i] << 8 * i;
  return hash;
}
