// `npm run bench`: how fast and how large emovox is, in headless Chromium and natively, on this machine.
//   --json   for machines      --quick   fewer rounds
// Figures are medians over rounds (min..max). Nothing here asserts a time.
// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { ensure, findChromium, main, root } from '../../src/deps/setup.mjs';
import { build } from '../../web/scripts/build.mjs';
import { serve } from '../../web/scripts/serve.mjs';
import { makeWav, readWav } from '../node/audio.js';

const quick = process.argv.includes('--quick');
const json = process.argv.includes('--json');
const rounds = quick ? 3 : 11;
const minute = 60;
const clip = path.join(root, 'tests/data/formats/angry.wav'); // 16 kHz mono, 16 bit

/** A minute of the clip, over and over, as a 16-bit WAV file at 16 kHz. */
function minuteOfSpeech() {
  const { samples } = readWav(clip);
  return makeWav(
    new Float32Array(minute * 16000).map((_, i) => samples[i % samples.length]),
    16000,
  );
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const spread = (values) => ({ median: median(values), min: Math.min(...values), max: Math.max(...values) });

function sizes(file) {
  const bytes = readFileSync(file);
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length };
}

/** Runs in the page: one round of everything, in seconds and bytes. */
async function round([libraryUrl, wavBase64]) {
  const { Emovox } = await import(libraryUrl);
  const wav = Uint8Array.from(atob(wavBase64), (c) => c.charCodeAt(0));
  const pcm = Float32Array.from(new Int16Array(wav.buffer, 44), (v) => v / 32768);
  const timed = async (task) => {
    const start = performance.now();
    const value = await task();
    return [(performance.now() - start) / 1000, value];
  };
  const [create, emovox] = await timed(() => Emovox.create());
  const [first] = await timed(() => emovox.analyze(pcm.slice(0, 3 * 16000), { sampleRate: 16000 }));
  const [pcm16] = await timed(() => emovox.analyze(pcm, { sampleRate: 16000 }));
  const [pcm48] = await timed(() => emovox.analyze(pcm, { sampleRate: 48000 })); // a third of a minute
  const [file] = await timed(() => emovox.analyze(new Blob([wav])));
  const { wasmMemoryBytes } = await emovox.stats();
  await emovox.close();
  return { create, first: create + first, pcm16, pcm48: 3 * pcm48, file, wasmMemoryBytes };
}

await main(async () => {
  await ensure({ native: true, chromium: true });
  await build();
  const wav = minuteOfSpeech();
  const folder = mkdtempSync(path.join(tmpdir(), 'emovox-bench-'));
  const wavFile = path.join(folder, 'minute.wav');
  writeFileSync(wavFile, wav);

  const server = await serve(path.join(root, 'dist'));
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] });
  const results = [];
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}site/`);
    for (let i = 0; i < rounds; i++) {
      const inPage = await page.evaluate(round, [`${server.url}lib/emovox.js`, wav.toString('base64')]);
      const start = performance.now();
      execFileSync(path.join(root, 'build/native/emovox'), ['analyze', '--json', wavFile]);
      results.push({ ...inPage, native: (performance.now() - start) / 1000 });
    }
  } finally {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true });
  }

  const of = (key) => spread(results.map((result) => result[key]));
  const models = readdirSync(path.join(root, 'dist/lib/models'));
  const report = {
    machine: cpus()[0].model,
    browser: browser.version(),
    rounds,
    cold: { create: results[0].create, firstResult: results[0].first },
    seconds: Object.fromEntries(['create', 'first', 'pcm16', 'pcm48', 'file', 'native'].map((key) => [key, of(key)])),
    wasmMemoryBytes: Math.max(...results.map((result) => result.wasmMemoryBytes)),
    sizes: Object.fromEntries(
      ['emovox.wasm', 'emovox.js', 'worker.js', ...models.map((name) => `models/${name}`)].map((name) => [
        name,
        sizes(path.join(root, 'dist/lib', name)),
      ]),
    ),
  };
  if (json) {
    console.log(JSON.stringify(report, null, 2));
    return;
  }
  console.log(`${report.machine}, Chromium ${report.browser}, one thread, ${rounds} rounds\n`);
  console.log('a minute of audio, samples in to result out          seconds   (min..max)      x real time');
  for (const [key, title] of [
    ['pcm16', 'wasm, 16 kHz samples'],
    ['pcm48', 'wasm, 48 kHz samples (resampled)'],
    ['file', 'wasm, WAV file (decoded)'],
    ['native', 'native command line, WAV file, start included'],
  ]) {
    const { median: m, min, max } = report.seconds[key];
    const range = `(${min.toFixed(3)}..${max.toFixed(3)})`;
    console.log(`  ${title.padEnd(48)} ${m.toFixed(3).padStart(8)}  ${range.padEnd(16)} ${(minute / m).toFixed(0)}`);
  }
  const ms = (seconds) => `${(1000 * seconds).toFixed(0)} ms`;
  console.log('\nstart                                    cold       warm');
  console.log(
    `  create to ready                  ${ms(report.cold.create).padStart(10)} ${ms(of('create').median).padStart(10)}`,
  );
  console.log(
    `  create to result on 3 s          ${ms(report.cold.firstResult).padStart(10)} ${ms(of('first').median).padStart(10)}`,
  );
  console.log('\nbytes                                     raw       gzip     brotli');
  for (const [name, { raw, gzip, brotli }] of Object.entries(report.sizes))
    console.log(`  ${name.padEnd(34)} ${[raw, gzip, brotli].map((n) => String(n).padStart(10)).join(' ')}`);
  console.log(`\nwasm memory: ${(report.wasmMemoryBytes / 2 ** 20).toFixed(1)} MiB`);
});
