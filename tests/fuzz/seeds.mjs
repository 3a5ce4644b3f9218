// SPDX-License-Identifier: MIT
//
// What fuzzing starts from: the smallest model that means something, its header, profiles, and short audio files.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const data = fileURLToPath(new URL('../data', import.meta.url));

const metadata = {
  format: 5,
  name: 'grain',
  version: '0.0.0',
  license: 'MIT',
  training_data: [],
  labels: ['neutral', 'happy', 'sad'],
  valence: [0, 0.8, -0.7],
  arousal: [0, 0.5, -0.4],
  front_end: { sample_rate: 16000, n_fft: 400, hop: 160, n_mels: 8, f_min: 0, f_max: 8000, log_floor: 1e-14 },
  normalization: { range: 8, gain: 0.25, bias: 1.375 },
  sequence: { frames: 80, hop: 40, min_frames: 10 },
  encoder: { channels: [4, 4], strides: [2, 2], kernel: 3, blocks: 1, heads: 2, mlp: 8 },
  statistics: [0, 1],
  lstm: { channels: 4, stride: 2, kernel: 3, hidden: 2 },
  components: [0, 1, 2, 2],
  judgement: { dimensions: 2, share: 0.5, caution: 4, surprise: 0.25, everyday: [0.6, 0.2, 0.2], ordinary: [0] },
  speech: { min_ratio: 0 },
  uncertain_below: 0.3,
};

/** Of every tensor that model/README.md asks for. @type {Record<string, number[]>} */
const shapes = {
  'conv1.weight': [4, 8, 3],
  'conv1.bias': [4],
  'conv2.weight': [4, 4, 3],
  'conv2.bias': [4],
  ...Object.fromEntries(
    ['query', 'key', 'value', 'out'].flatMap((name) => [
      [`block1.${name}.weight`, [4, 4]],
      ...(name === 'key' ? [] : [[`block1.${name}.bias`, [4]]]),
    ]),
  ),
  'block1.attention_norm.weight': [4],
  'block1.attention_norm.bias': [4],
  'block1.mlp_norm.weight': [4],
  'block1.mlp_norm.bias': [4],
  'block1.expand.weight': [8, 4],
  'block1.expand.bias': [8],
  'block1.contract.weight': [4, 8],
  'block1.contract.bias': [4],
  'conv3.weight': [4, 4, 3],
  'conv3.bias': [4],
  'lstm.forward.input.weight': [8, 4],
  'lstm.forward.recurrent.weight': [8, 2],
  'lstm.forward.bias': [8],
  'lstm.backward.input.weight': [8, 4],
  'lstm.backward.recurrent.weight': [8, 2],
  'lstm.backward.bias': [8],
  'attention.weight': [1, 4],
  'attention.bias': [1],
  'speech.weight': [1, 4],
  'speech.bias': [1],
  'head.weight': [6, 20],
  'head.bias': [6],
  between: [2],
  means: [3, 2],
  'relative.weight': [3, 2],
  'relative.bias': [3],
  'intensity.weight': [1, 20],
  'intensity.bias': [1],
};

/** Those with 8-bit weights and a scale per row. */
const rounded = new Set(['conv2.weight', 'block1.expand.weight', 'lstm.forward.input.weight']);

/** A model file, from all of it but the checksum at its end (src/pipeline/fnv.h). @param {Uint8Array} body */
export function sealed(body) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of body) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  const checksum = Buffer.alloc(8);
  checksum.writeBigUInt64LE(hash);
  return Buffer.concat([body, checksum]);
}

/** @returns {{header: string, file: Buffer}} a safetensors file */
export function grain() {
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: { emovox: JSON.stringify(metadata) } };
  /** @type {Buffer[]} */
  const parts = [];
  let at = 0;
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const add = (/** @type {string} */ name, /** @type {string} */ dtype, /** @type {number[]} */ shape) => {
    const count = shape.reduce((product, n) => product * n, 1);
    const values = dtype === 'I8' ? new Int8Array(count) : new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = dtype === 'I8' ? Math.round(random() * 254) : random();
    if (name.endsWith('.scale')) values.fill(0.005);
    if (name === 'speech.bias' || name === 'between') values.fill(2);
    header[name] = { dtype, shape, data_offsets: [at, at + values.byteLength] };
    parts.push(Buffer.from(values.buffer));
    at += values.byteLength;
  };
  for (const [name, shape] of Object.entries(shapes)) {
    if (rounded.has(name)) continue;
    add(name, 'F32', shape);
  }
  for (const name of rounded) add(`${name}.scale`, 'F32', [shapes[name][0]]);
  for (const name of rounded) add(name, 'I8', shapes[name]);
  header.checksum = { dtype: 'I8', shape: [8], data_offsets: [at, at + 8] };
  const text = JSON.stringify(header);
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return { header: text, file: sealed(Buffer.concat([length, Buffer.from(padded), ...parts])) };
}

/**
 * Writes the seeds of every fuzzer into folders of their names.
 * @param {string} folder
 * @returns {string} the model's path
 */
export function writeSeeds(folder) {
  const { header, file } = grain();
  const put = (/** @type {string} */ fuzzer, /** @type {string} */ name, /** @type {Buffer | string} */ content) => {
    mkdirSync(path.join(folder, fuzzer), { recursive: true });
    writeFileSync(path.join(folder, fuzzer, name), content);
  };
  put('model', 'grain', file);
  put('header', 'grain', header);
  const ten = Buffer.alloc(8);
  ten.writeDoubleLE(10);
  put('profile', 'tens', Buffer.concat([Buffer.of(1), ...Array(4).fill(ten)])); // everything is 10
  put('profile', 'zeros', Buffer.concat([Buffer.of(0), Buffer.from('EMOVOXSP'), Buffer.alloc(200)]));
  // As tests/fuzz/fuzz_calls.c reads them.
  const analyzer = (/** @type {number} */ rate, speaker = 0) => [0, rate, 0, 1, speaker, 1, 1, 0];
  const push = (/** @type {number[]} */ frames, /** @type {number} */ kind) => [10, ...frames, kind];
  const segment = (/** @type {number} */ at) => [200, 200, 40 * at, 100 + at, 130, 150, 90]; // and five of evidence
  const segments = (/** @type {number} */ count) => [
    128 + count,
    ...Array.from({ length: count }, (_, i) => segment(i)).flat(),
  ];
  const [second, gigantic] = [
    [0, 0, 0x3e, 0x80],
    [255, 255, 255, 255],
  ];
  const [newSpeaker, exchange, finish, peek, reset, hear, judge] = [1, 2, 4, 5, 6, 8, 9];
  const [rate16, rate192] = [4, 9];
  for (const [name, calls] of Object.entries({
    plain: [...analyzer(rate16), ...push(second, 1), peek, ...push(second, 1), finish],
    speaker: [newSpeaker, ...analyzer(rate16, 1), ...push(second, 1), finish, exchange, 0, 0, reset, finish],
    session: [
      newSpeaker,
      hear,
      254,
      ...segments(5),
      judge,
      1,
      ...segments(3),
      exchange,
      0,
      0,
      judge,
      1,
      ...segments(1),
    ],
    light: [judge, 14, 0, 0, 0, 0, 3, 1, 2, 3, ...segments(6)],
    gigantic: [...analyzer(rate192), ...push(gigantic, 1), peek, finish],
    silence: [...analyzer(rate16), ...push(gigantic, 0), finish],
  }))
    put('calls', name, Buffer.from(calls));
  for (const name of readdirSync(path.join(data, 'formats'))) {
    const content = readFileSync(path.join(data, 'formats', name));
    put('audio', name, content.subarray(0, 16384)); // cut short on purpose
  }
  mkdirSync(folder, { recursive: true });
  const model = path.join(folder, 'grain.safetensors');
  writeFileSync(model, file);
  return model;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(writeSeeds(process.argv[2]));
