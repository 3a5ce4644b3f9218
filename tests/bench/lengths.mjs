// SPDX-License-Identifier: MIT
//
// Cost and memory against the length of a recording, a WAV file that is decoded and analysed in pieces.

import { models } from './setup.mjs';
import { exponent } from './table.mjs';

/** From here on, the seconds of the first sequence hardly show. */
const longEnough = 30;

/** In the page: the recording over and over as one file, analysed by a fresh instance. */
async function analyze([model, seconds]) {
  const { Emovox } = await import('/dist/lib/emovox.js');
  const wav = await (await fetch('/build/bench/speech.wav')).arrayBuffer();
  const recording = (/** @type {number} */ length) => {
    const size = length * 32000; // bytes: 16 kHz, 16 bits
    const header = new DataView(wav.slice(0, 44));
    header.setUint32(4, 36 + size, true);
    header.setUint32(40, size, true);
    const speech = new Uint8Array(wav, 44);
    const parts = Array.from({ length: Math.ceil(size / speech.length) }, () => speech);
    return new Blob([header, ...parts]).slice(0, 44 + size);
  };
  const file = recording(seconds);

  const emovox = await Emovox.create({ model });
  let heapBytes = 0;
  const measure = async () => {
    const { bytes } = await performance.measureUserAgentSpecificMemory();
    heapBytes = Math.max(heapBytes, bytes);
  };
  const every = setInterval(measure, 2000);
  await emovox.analyze(recording(30)); // until the browser has optimised the code
  const times = [];
  let result;
  for (let i = 0; i < (seconds < 600 ? 5 : seconds < 3600 ? 3 : 1); i++) {
    const begin = performance.now();
    result = await emovox.analyze(file);
    times.push((performance.now() - begin) / 1000);
  }
  clearInterval(every);
  await measure(); // with the result in hand
  await emovox.close();
  times.sort((a, b) => a - b);
  return { seconds: times[times.length >> 1], heapBytes, wasmBytes: result.engine.wasmMemoryBytes };
}

/**
 * @param {import('playwright-core').Page} page
 * @param {{quick: boolean}} options
 * @returns {Promise<import('./table.mjs').Row[]>}
 */
export async function lengths(page, { quick }) {
  const rows = [];
  for (const model of models) {
    const all = [3, 10, 30, 60, ...(quick ? (model === 'small' ? [600] : []) : [300, 600, 1800, 3600])];
    const results = [];
    for (const seconds of all) results.push(await page.evaluate(analyze, [model, seconds]));
    const section = `${model}: cost and memory against length`;
    const add = (name, unit, value, note = '') => rows.push({ section, name, unit, values: [value], note });
    const titles = all.map((seconds) => (seconds < 60 ? `${seconds} s` : `${seconds / 60} min`));
    for (const [i, { seconds }] of results.entries())
      add(`${titles[i]}: time`, 's', seconds, `${(all[i] / seconds).toFixed(0)} × real time`);
    for (const [i, { wasmBytes, heapBytes }] of results.entries()) {
      if (![60, 300, 600, 3600].includes(all[i])) continue;
      add(`${titles[i]}: wasm memory, peak`, 'MB', wasmBytes / 1e6);
      add(`${titles[i]}: JavaScript heap in use, page and worker, peak`, 'MB', heapBytes / 1e6);
    }
    const long = all.map((length, i) => [length, results[i].seconds]).filter(([length]) => length >= longEnough);
    const fitted = exponent(...[0, 1].map((k) => long.map((pair) => pair[k])));
    add(`exponent of time against length, from ${longEnough} s`, '', fitted);
  }
  return rows;
}
