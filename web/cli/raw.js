// SPDX-License-Identifier: MIT

/**
 * Bytes as samples -1..1, in whole frames; what is left of one at the end is dropped.
 *
 * @param {AsyncIterable<Uint8Array>} stream little-endian PCM
 * @param {'f32' | 's16'} format
 * @param {number} channels
 * @returns {AsyncGenerator<Float32Array>} interleaved
 */
export async function* rawSamples(stream, format, channels) {
  const size = format === 'f32' ? 4 : 2;
  let rest = new Uint8Array();
  for await (const chunk of stream) {
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    const whole = bytes.length - (bytes.length % (size * channels));
    rest = bytes.slice(whole);
    if (whole === 0) continue;
    const view = new DataView(bytes.buffer);
    yield Float32Array.from({ length: whole / size }, (_, i) =>
      format === 'f32' ? view.getFloat32(i * 4, true) : view.getInt16(i * 2, true) / 32768,
    );
  }
}
