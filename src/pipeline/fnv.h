/* FNV-1a, 64 bits (Fowler, Noll & Vo): tells files apart and finds damage; no defence against forgery.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_PIPELINE_FNV_H
#define EMOVOX_PIPELINE_FNV_H

#include <stddef.h>
#include <stdint.h>

uint64_t fnv1a(const uint8_t *bytes, size_t size);

#endif
