/* Included before every source of XNNPACK: fused multiply-adds become a product and a sum, each rounded, as in
 * WebAssembly without relaxed SIMD. Inputs are rounded to 8 bits layer by layer; were their last bits not the same on
 * every machine, some would be rounded to the next of 255 steps, and probabilities differ in the third digit.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* as XNNPACK would say before its first header */
#if defined(__x86_64__)
#include <immintrin.h>
#define _mm256_fmadd_ps(a, b, c) _mm256_add_ps(_mm256_mul_ps(a, b), c)
#define _mm512_fmadd_ps(a, b, c) _mm512_add_ps(_mm512_mul_ps(a, b), c)
#elif defined(__wasm_relaxed_simd__)
#include <wasm_simd128.h>
#undef wasm_f32x4_relaxed_madd
#define wasm_f32x4_relaxed_madd(a, b, c) wasm_f32x4_add(wasm_f32x4_mul(a, b), c)
#endif
