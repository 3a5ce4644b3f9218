// SPDX-License-Identifier: MIT

/**
 * Reads a model file (model/README.md).
 *
 * @param {ArrayBuffer} buffer
 * @returns {{metadata: Record<string, any>, tensors: Record<string, {shape: number[], values: Float32Array}>}}
 */
export function readSafetensors(buffer) {
  const start = 8 + Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)));
  const { __metadata__: metadata, ...entries } = header;
  const read = ({ dtype, data_offsets: [from, to] }) => {
    const bytes = buffer.slice(start + from, start + to);
    return dtype === 'I8' ? new Int8Array(bytes) : new Float32Array(bytes);
  };
  const tensors = Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => {
      const values = Float32Array.from(read(entry));
      const scale = entries[`${name}.scale`] && read(entries[`${name}.scale`]);
      const row = values.length / entry.shape[0];
      return [
        name,
        { shape: entry.shape, values: scale ? values.map((v, i) => v * scale[Math.floor(i / row)]) : values },
      ];
    }),
  );
  return { metadata: JSON.parse(metadata.emovox), tensors };
}
