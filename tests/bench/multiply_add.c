/* What 128-bit SIMD can do at best: products and sums that wait for nothing but each other, out of registers.
 * SPDX-License-Identifier: MIT */
#include <wasm_simd128.h>

/* Enough chains to hide the latency of both instructions; with the two constants they fit into 16 registers. */
enum { CHAINS = 12 };

/* `times` x 12 x 4 products and as many sums. The result is of no use but to the optimiser. */
__attribute__((export_name("multiply_add"))) float multiply_add(int times);
float multiply_add(int times) {
  v128_t x[CHAINS], factor = wasm_f32x4_splat(0.999f), term = wasm_f32x4_splat(0.001f);
  for (int i = 0; i < CHAINS; i++)
    x[i] = wasm_f32x4_splat((float)i);
  while (times-- > 0)
    for (int i = 0; i < CHAINS; i++)
      x[i] = wasm_f32x4_add(wasm_f32x4_mul(x[i], factor), term);
  for (int i = 1; i < CHAINS; i++)
    x[0] = wasm_f32x4_add(x[0], x[i]);
  return wasm_f32x4_extract_lane(x[0], 0);
}
