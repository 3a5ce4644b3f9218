/* FNV-1a, 64 bits (Fowler, Noll & Vo): tells files apart and finds damage; no defence against forgery.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_FNV_H
#define EMOVOX_PIPELINE_FNV_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that a hash takes in a file, the least significant first. */
enum { FNV_BYTES = 8 };

uint64_t fnv1a(const uint8_t *bytes, size_t size);

void fnv_write(uint64_t hash, uint8_t out[FNV_BYTES]);
uint64_t fnv_read(const uint8_t bytes[FNV_BYTES]);

#endif
