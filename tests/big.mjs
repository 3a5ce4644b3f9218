// SPDX-License-Identifier: MIT
//
// npm run test:big: speech behind the first 4 GiB of a file, and behind its first 2^32 samples, is heard as at the
// beginning of a small one, by the native tool and the one of npm, in no more memory. Sparse files: the disk is not filled.

import { spawn } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { ensure, main, root } from '../src/deps/setup.mjs';
import { build } from '../web/scripts/build.mjs';
import { readWav, resample } from './node/audio.js';

/** Most that a program may take, MiB: a tenth of the file. */
const mostMemory = 400;
const tolerance = 1e-4;
const rate = 192000;
/** Seconds of silence before the speech of the small file; all of it lies within the segments before. */
const lead = 8;

const folder = path.join(root, 'build/big');
const { samples, sampleRate } = readWav(path.join(root, 'tests/data/formats/angry.wav'));
const speech = resample(samples, sampleRate, rate);

/** @typedef {{channels: number, bits: 8 | 16}} Layout */
/** @typedef {(layout: Layout, bytes: number) => Buffer} Header of a file with so many bytes of samples */

/** @type {(layout: Layout) => Buffer} */
function format({ channels, bits }) {
  const block = Buffer.alloc(16);
  const frame = (channels * bits) / 8;
  block.writeUInt16LE(1, 0); // integers
  block.writeUInt16LE(channels, 2);
  block.writeUInt32LE(rate, 4);
  block.writeUInt32LE(rate * frame, 8);
  block.writeUInt16LE(frame, 12);
  block.writeUInt16LE(bits, 14);
  return block;
}

const uint32 = (/** @type {number} */ value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const uint64 = (/** @type {number} */ value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (/** @type {string} */ name) => Buffer.from(name, 'latin1');
const unknown = 2 ** 32 - 1;

/** @type {Record<string, Header>} */
const headers = {
  /** EBU Tech 3306. */
  rf64(layout, bytes) {
    const frames = bytes / ((layout.channels * layout.bits) / 8);
    return Buffer.concat([
      ...[text('RF64'), uint32(unknown), text('WAVE')],
      ...[text('ds64'), uint32(28), uint64(bytes + 72), uint64(bytes), uint64(frames), uint32(0)],
      ...[text('fmt '), uint32(16), format(layout), text('data'), uint32(unknown)],
    ]);
  },
  /** Sony Wave64: names of 16 bytes, sizes of 8, which count both. */
  w64(layout, bytes) {
    const name = (/** @type {string} */ of, /** @type {string} */ rest) =>
      Buffer.concat([text(of), Buffer.from(rest, 'hex')]);
    const wave = 'f3acd3118cd100c04f8edb8a';
    return Buffer.concat([
      ...[name('riff', '2e91cf11a5d628db04c10000'), uint64(bytes + 104), name('wave', wave)],
      ...[name('fmt ', wave), uint64(40), format(layout), name('data', wave), uint64(bytes + 24)],
    ]);
  },
  /** As programs write that stream into a pipe and cannot come back to fill in the size. */
  wav: (layout) =>
    Buffer.concat([
      ...[text('RIFF'), uint32(unknown), text('WAVE')],
      ...[text('fmt '), uint32(16), format(layout), text('data'), uint32(unknown)],
    ]),
};

/**
 * Speech after nothing but zeros.
 *
 * @param {string} name
 * @param {Layout} layout
 * @param {number} seconds of zeros
 */
function write(name, layout, seconds) {
  const { channels, bits } = layout;
  const pcm = Buffer.alloc((speech.length * channels * bits) / 8);
  for (let i = 0; i < speech.length * channels; i++) {
    const sample = speech[Math.floor(i / channels)];
    if (bits === 8) pcm.writeUInt8(128 + Math.round(sample * 127), i);
    else pcm.writeInt16LE(Math.round(sample * 32767), 2 * i);
  }
  const silence = (seconds * rate * channels * bits) / 8;
  const header = headers[path.extname(name).slice(1)](layout, silence + pcm.length);
  const file = path.join(folder, name);
  const handle = openSync(file, 'w');
  writeSync(handle, header);
  ftruncateSync(handle, header.length + silence);
  writeSync(handle, pcm, 0, pcm.length, header.length + silence);
  closeSync(handle);
  return file;
}

/**
 * @param {string[]} command
 * @returns {Promise<{result: any, memory: number, seconds: number}>} memory: the most it had, MiB
 */
async function run([program, ...args]) {
  const started = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let memory = 0;
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const watch = setInterval(() => {
    try {
      const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      memory = Math.max(memory, Number(kilobytes ?? 0) / 1024);
    } catch {
      // it has ended
    }
  }, 20);
  await new Promise((resolve) => child.once('close', resolve));
  clearInterval(watch);
  return { result: JSON.parse(output), memory, seconds: (performance.now() - started) / 1000 };
}

/** The segments that hold speech, from a moment on. @param {any} result @param {number} from */
const after = ({ segments }, from) =>
  segments
    .filter((/** @type {any} */ { label }) => label !== 'no speech')
    .map((/** @type {any} */ { start, end, label, probabilities }) => ({
      label,
      values: [start - from, end - from, ...Object.values(probabilities)],
    }));

/** @param {any} big @param {any} small @param {number} seconds @returns {string | undefined} what is wrong */
function compare(big, small, seconds) {
  if (big.error) return `${big.error.code}: ${big.error.message}`;
  if (big.emotion !== small.emotion || big.emotion === 'no speech') return `${big.emotion}, not ${small.emotion}`;
  if (Math.abs(big.duration - seconds - speech.length / rate) > 1e-3) return `${big.duration} s`;
  const [one, other] = [after(big, seconds), after(small, lead)];
  if (one.length !== other.length || one.length === 0) return `${one.length} segments, not ${other.length}`;
  for (const [i, { label, values }] of one.entries()) {
    if (label !== other[i].label) return `${label}, not ${other[i].label}`;
    const differences = values.map((/** @type {number} */ value, /** @type {number} */ k) =>
      Math.abs(value - other[i].values[k]),
    );
    if (!(Math.max(...differences) <= tolerance)) return `segment ${i}: ${values}, not ${other[i].values}`;
  }
  return undefined;
}

/** Seconds that are a whole number of hops, so that segments begin where those of the small file do. @param {number} least */
const wholeHops = (least) => 2 * Math.ceil(least / 2);

const manyChannels = {
  layout: /** @type {Layout} */ ({ channels: 32, bits: 16 }),
  seconds: wholeHops(2 ** 32 / 64 / rate),
};
const manySamples = { layout: /** @type {Layout} */ ({ channels: 1, bits: 8 }), seconds: wholeHops(2 ** 32 / rate) };

/** Which files, and who refuses them: mediabunny knows no Wave64, and a plain WAV cannot say how long it is. */
const cases = [
  { kind: 'rf64', ...manyChannels, refusedBy: [] },
  { kind: 'w64', ...manyChannels, refusedBy: ['npm'] },
  { kind: 'wav', ...manyChannels, refusedBy: ['native', 'npm'] },
  { kind: 'rf64', ...manySamples, refusedBy: [] },
];

await main(async () => {
  await ensure({ native: true });
  await build();
  mkdirSync(folder, { recursive: true });
  const programs = {
    native: [path.join(root, 'build/native/emovox'), 'analyze', '--json'],
    npm: [process.execPath, path.join(root, 'dist/lib/cli.js'), '--json'],
  };
  try {
    for (const { kind, layout, seconds, refusedBy } of cases) {
      const small = write(`small.${kind}`, layout, lead);
      const big = write(`big.${kind}`, layout, seconds);
      for (const [name, command] of Object.entries(programs)) {
        const actual = await run([...command, big]);
        const { emotion, error } = actual.result;
        const wrong = refusedBy.includes(name)
          ? error?.code !== 'undecodable' && `${emotion ?? error.code}, not undecodable`
          : (compare(actual.result, (await run([...command, small])).result, seconds) ??
            (actual.memory > mostMemory && 'too much memory'));
        const what = `${name}, ${kind} of ${layout.channels} × ${layout.bits} bits, speech after ${seconds} s`;
        const took = `${actual.seconds.toFixed(0)} s, ${actual.memory.toFixed(0)} MiB`;
        console.log(`${wrong ? 'FAILED' : 'ok    '} ${what}: ${wrong || (emotion ?? error.message)} (${took})`);
        if (wrong) process.exitCode = 1;
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
