// SPDX-License-Identifier: MIT
//
// From import to the first result, and the bytes that takes.

import { bytes } from './bytes.mjs';
import { models } from './setup.mjs';

/** In the page: seconds from the beginning to each step. */
async function first([model, seconds]) {
  const wav = await (await fetch('/build/bench/speech.wav')).arrayBuffer();
  const pcm = Float32Array.from(new Int16Array(wav, 44, seconds * 16000), (value) => value / 32768);
  const begin = performance.now();
  const since = () => (performance.now() - begin) / 1000;
  const { Emovox } = await import('/dist/lib/emovox.js');
  const imported = since();
  const emovox = await Emovox.create({ model });
  const ready = since();
  await emovox.analyze(pcm, { sampleRate: 16000 });
  const result = since();
  await emovox.close();
  return { imported, ready, result };
}

/**
 * Cold is a profile that has never been used; warm is the second time in the same page.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {Awaited<ReturnType<typeof import('../../web/scripts/serve.mjs').serve>>} server
 * @param {{rounds: number}} options
 * @returns {Promise<import('./table.mjs').Row[]>}
 */
export async function start(browser, server, { rounds }) {
  const requests = Object.fromEntries(models.map((model) => [model, new Set()]));
  const results = models.flatMap((model) => ['cold', 'warm'].map((state) => ({ model, state, times: [] })));
  for (let i = 0; i < rounds; i++) {
    for (const model of models) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${server.url}tests/bench/blank.html`);
      const note = ({ url }) => url.startsWith('/dist/') && requests[model].add(url.slice(1));
      server.server.on('request', note);
      for (const result of results.filter((entry) => entry.model === model))
        result.times.push(await page.evaluate(first, [model, 3]));
      server.server.off('request', note);
      await context.close();
    }
  }
  const section = 'start, first result on 3 s of speech';
  const rows = results.flatMap(({ model, state, times }) =>
    [
      ['import', 'imported'],
      ['ready', 'ready'],
      ['first result', 'result'],
    ]
      .filter(([, step]) => state === 'cold' || step !== 'imported')
      .map(([title, step]) => {
        const values = times.map((time) => time[step] * 1000);
        return { section, name: `${model}, ${state}: until ${title}`, unit: 'ms', values };
      }),
  );
  return [...rows, ...bytes(requests)];
}
