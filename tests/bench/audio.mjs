// SPDX-License-Identifier: MIT
//
// The recording that everything is measured on: the clips in tests/data/speech, one after the other.

import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../src/deps/setup.mjs';
import { makeWav } from '../node/audio.js';

/** In the page: the clips at 16 kHz, over and over until that is long enough. */
async function decode([urls, seconds]) {
  const context = new OfflineAudioContext(1, 1, 16000);
  const clips = [];
  for (const url of urls) {
    const clip = await context.decodeAudioData(await (await fetch(url)).arrayBuffer());
    for (const sample of clip.getChannelData(0)) clips.push(sample);
  }
  return Array.from({ length: seconds * 16000 }, (_, i) => clips[i % clips.length]);
}

/**
 * @param {import('playwright-core').Page} page of the server
 * @param {string} url of the server, which serves the repository
 * @param {number} seconds
 * @returns {Promise<Float32Array>} mono samples at 16 kHz
 */
export async function recording(page, url, seconds) {
  const clips = readdirSync(path.join(root, 'tests/data/speech')).sort();
  const urls = clips.map((name) => `${url}tests/data/speech/${name}`);
  return Float32Array.from(await page.evaluate(decode, [urls, seconds]));
}

/** Writes a WAV file, `times` over. */
export function writeRecording(file, samples, times = 1) {
  const long = new Float32Array(samples.length * times);
  for (let i = 0; i < times; i++) long.set(samples, i * samples.length);
  writeFileSync(file, makeWav(long, 16000));
}
