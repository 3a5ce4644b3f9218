// SPDX-License-Identifier: MIT
//
// WebAssembly whose memory may not grow as far as it would: what a browser does that has none left.

/**
 * @param {Buffer} wasm with a memory that states its maximum, as Emscripten writes it
 * @param {number} pages of 64 KiB that it may have at most
 * @returns {Buffer}
 */
export function starved(wasm, pages) {
  const copy = Buffer.from(wasm);
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = copy[at++];
      value += (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  for (;;) {
    const id = copy[at++];
    const end = number() + at;
    if (id === 5) {
      if (number() !== 1 || number() !== 1) throw new Error('one memory with a maximum is expected');
      number(); // what it begins with
      for (let rest = pages; at < end; rest >>= 7) copy[at++] = (rest & 127) | (at < end ? 128 : 0);
      return copy;
    }
    at = end;
  }
}
