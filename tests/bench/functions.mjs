// SPDX-License-Identifier: MIT

/**
 * The functions of a WebAssembly module that has a name for each, the largest first.
 * @param {Uint8Array} bytes
 * @returns {{name: string, size: number}[]} bytes of code
 */
export function functions(bytes) {
  let at = 8; // after magic and version
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const text = () => {
    const length = number();
    at += length;
    return new TextDecoder().decode(bytes.subarray(at - length, at));
  };
  const sizes = [];
  const names = new Map();
  while (at < bytes.length) {
    const section = bytes[at++];
    const length = number();
    const end = at + length;
    if (section === 10) {
      for (let count = number(); count > 0; count--) {
        const size = number();
        sizes.push(size);
        at += size;
      }
    } else if (section === 0 && text() === 'name') {
      while (at < end) {
        const kind = bytes[at++];
        const next = number() + at;
        if (kind === 1) for (let count = number(); count > 0; count--) names.set(number(), text());
        at = next;
      }
    }
    at = end;
  }
  const imported = names.size - sizes.length; // these come first
  const all = sizes.map((size, i) => ({ name: names.get(imported + i), size }));
  return all.sort((a, b) => b.size - a.size);
}
