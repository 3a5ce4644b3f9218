// SPDX-License-Identifier: MIT
//
// A way through the page that comes by everything it can show.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeWav, readWav, resample } from '../node/audio.js';
import { data, shownResult } from './harness.js';

/** @typedef {import('playwright-core').Page} Page */

const speech = readWav(data('formats/angry.wav'));

/** @returns {string[]} what Chromium is started with, so that its microphone plays speech all the time */
export function speakingMicrophone() {
  const folder = fileURLToPath(new URL('../../build/tests/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = `${folder}speaking.wav`;
  writeFileSync(file, makeWav(resample(speech.samples, speech.sampleRate, 48000), 48000));
  return [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${file}`,
  ];
}

/**
 * Opens a WAV file that says the same again and again, made in the page: it takes no room.
 *
 * @param {Page} page
 * @param {string} name
 * @param {number} seconds
 */
export async function openLong(page, name, seconds) {
  const wav = readFileSync(data('formats/angry.wav'));
  const begin = wav.indexOf('data') + 8;
  const header = wav.subarray(0, begin);
  const body = wav.subarray(begin);
  const times = Math.ceil((seconds * speech.sampleRate * 2) / body.length);
  header.writeUInt32LE(times * body.length + begin - 8, 4);
  header.writeUInt32LE(times * body.length, begin - 4);
  await page.evaluate(
    ({ name, parts: [head, part], times }) => {
      const bytes = (/** @type {string} */ text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
      const blob = new Blob([bytes(part)]);
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes(head), ...Array(times).fill(blob)], name));
      const input = /** @type {HTMLInputElement} */ (document.querySelector('#file'));
      input.files = transfer.files;
      input.dispatchEvent(new Event('change'));
    },
    { name, parts: [header, body].map((part) => part.toString('base64')), times },
  );
}

/** @param {Page} page @param {string} view shows it */
export async function go(page, view) {
  await page.click(`nav a[data-view=${view}]`);
  await page.waitForSelector(`#view-${view}`);
}

/**
 * Stops at every view and state, under a name for each.
 *
 * @param {Page} page
 * @param {string} url of the page
 * @returns {AsyncGenerator<string>}
 */
export async function* walk(page, url) {
  await page.addInitScript(() => {
    Object.assign(globalThis, { print: () => {}, confirm: () => true });
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (constraints) =>
      'denied' in globalThis ? Promise.reject(new DOMException('', 'NotAllowedError')) : open(constraints);
  });
  const open = (/** @type {string[]} */ ...files) => page.setInputFiles('#file', files.map(data));
  const judged = (/** @type {string} */ name) =>
    page.waitForSelector(`#recordings li[data-state=done] .file:text-is("${name}")`);

  await page.goto(url);
  await page.waitForSelector('body[data-ready]');
  yield 'listen-empty';
  await go(page, 'compare');
  yield 'compare-nothing';
  await go(page, 'history');
  await page.waitForSelector('#history-list .hint');
  yield 'history-empty';

  await go(page, 'speakers');
  yield 'speakers-none';
  await page.fill('#speaker-name', 'Ada Lovelace');
  await page.click('#enroll');
  await page.waitForFunction(() => Number(document.querySelector('progress')?.value) > 0.3);
  yield 'speakers-enrolling';
  await page.click('#enroll');
  await page.waitForSelector('#speaker-list .remove');
  yield 'speakers-known';

  await go(page, 'settings');
  yield 'settings';
  await page.click('#advanced summary');
  yield 'settings-advanced';
  await page.click('#advanced summary');
  const network = await page.context().newCDPSession(page);
  const speed = (/** @type {number} */ downloadThroughput) =>
    network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput,
      uploadThroughput: -1,
    });
  await speed(100_000);
  await page.check('#model-large');
  await page.waitForFunction(() => document.querySelector('#model-progress-text')?.textContent);
  yield 'settings-downloading';
  await page.click('#model-cancel');
  await page.waitForSelector('#model-download', { state: 'hidden' });
  await speed(-1);

  await go(page, 'about');
  yield 'about';

  await go(page, 'listen');
  await openLong(page, 'a-lecture.wav', 36_000);
  await page.waitForSelector('#result[data-state=working] .verdict .key');
  yield 'listen-working';
  await openLong(page, 'the-second-part-of-the-lecture-on-a-long-afternoon-in-november.wav', 60);
  await page.click('#recordings .entry:has-text("second-part")');
  await page.waitForSelector('#result[data-state=waiting]');
  yield 'listen-waiting';
  await page.click('#cancel-all');
  await page.waitForSelector('#result[data-state=failed]');
  yield 'listen-stopped';

  await page.setInputFiles('#file', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('not a sound') });
  await page.waitForSelector('#result[data-error=undecodable]');
  yield 'listen-failed';
  const silence = makeWav(new Float32Array(16000 * 6), 16000);
  await page.setInputFiles('#file', { name: 'silence.wav', mimeType: 'audio/wav', buffer: silence });
  await judged('silence.wav');
  await shownResult(page);
  yield 'listen-no-speech';

  await open('speech/EB0_anger_1.opus', 'speech/IC0_sadness_3.opus', 'formats/angry.mp3');
  await judged('angry.mp3');
  await open('speech/long.opus');
  await page.waitForSelector('#result[data-emotion=calm], #result[data-state=done] #why');
  yield 'listen-done';
  await page.focus('.strip');
  await page.keyboard.press('ArrowRight');
  await page.click('#spectrogram');
  await page.waitForSelector('.spectrogram[data-note=""]');
  for (const id of ['#why', '#timeline-table']) await page.click(`${id} summary`);
  await page.click('#keep');
  yield 'listen-opened';

  await page.evaluate(() => {
    const threshold = /** @type {HTMLInputElement} */ (document.querySelector('#threshold'));
    threshold.value = '100';
    threshold.dispatchEvent(new Event('input'));
  });
  await open('speech/03-01-02-01-02-01-07.flac');
  await page.waitForSelector('#result[data-emotion=uncertain]');
  yield 'listen-uncertain';
  await page.evaluate(() => document.querySelector('#settings-reset')?.dispatchEvent(new Event('click')));

  await page.click('#record');
  await page.waitForSelector('#result[data-state=live] .verdict .key');
  yield 'listen-live';
  await page.click('#pause');
  yield 'listen-paused';
  await page.click('#stop');
  await shownResult(page);
  yield 'listen-recorded';
  await page.evaluate(() => Object.assign(globalThis, { denied: true }));
  await page.click('#record');
  await page.waitForSelector('#microphone-help:not([hidden])');
  yield 'listen-microphone-help';

  await page.click('#keep');
  await go(page, 'history');
  await page.waitForSelector('#history-list tbody tr >> nth=1');
  yield 'history-filled';
  await go(page, 'listen');
  for (const n of [0, 2, 3]) await page.check(`#recordings .compare input >> nth=${n}`);
  await go(page, 'compare');
  yield 'compare-three';

  await go(page, 'listen');
  await page.click('#recordings li[data-state=done] .entry >> nth=2');
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([''], 'dropped.wav'));
    document.body.dispatchEvent(new DragEvent('dragenter', { dataTransfer, bubbles: true, cancelable: true }));
  });
  yield 'listen-dropping';
  await page.evaluate(() => document.dispatchEvent(new DragEvent('dragleave')));
  await page.evaluate(() => document.querySelector('#notice')?.removeAttribute('hidden'));
  yield 'listen-update';
  await page.click('[data-save=print]');
  await page.emulateMedia({ media: 'print' });
  yield 'report';
  await page.emulateMedia({ media: null });
}
