// SPDX-License-Identifier: MIT
//
// A live recording: Chromium's fake microphone plays the speech.

/** In the page: starts to record. */
async function listen(model) {
  const { Emovox } = await import('/dist/lib/emovox.js');
  const emovox = await Emovox.create({ model, microphone: true });
  const blocks = [];
  const segments = [];
  const recording = await emovox.listen({
    onLevel: () => blocks.push(performance.now()),
    onSegment: ({ end }) => segments.push({ end: 1000 * end, at: performance.now() }),
  });
  Object.assign(globalThis, { live: { emovox, recording, blocks, segments } });
}

/** In the page. Times in ms. */
async function stop() {
  const { emovox, recording, blocks, segments } = globalThis.live;
  const stopped = performance.now();
  const { engine, duration } = await recording.stop();
  const finished = performance.now();
  await emovox.close();
  // Blocks come at regular intervals, as a whole number of the audio thread's quanta; the earliest one, relative to the
  // audio it ends with, says when the recording began.
  const quantum = (1000 * 128) / recording.sampleRate;
  const block = quantum * Math.round((blocks.at(-1) - blocks[0]) / (blocks.length - 1) / quantum);
  const zero = Math.min(...blocks.map((at, i) => at - (i + 1) * block));
  return {
    delays: segments.filter(({ at }) => at < stopped).map(({ at, end }) => at - (zero + end)),
    stop: finished - stopped,
    busy: engine.seconds / duration,
  };
}

/** Seconds of processor time of all pages' processes so far. */
async function rendererSeconds(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  return renderers.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/** What the browser has to be started with. @param {string} wav file */
export const fakeMicrophone = (wav) => [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-audio-capture=${wav}`,
  '--autoplay-policy=no-user-gesture-required',
];

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} url of the server
 * @param {{models: string[], seconds: number}} options
 * @returns {Promise<import('./table.mjs').Row[]>}
 */
export async function microphone(browser, url, { models, seconds }) {
  const rows = [];
  const session = await browser.newBrowserCDPSession();
  for (const model of models) {
    const page = await browser.newPage();
    await page.goto(`${url}tests/bench/blank.html`);
    await page.evaluate(listen, model);
    const before = await rendererSeconds(session);
    await page.waitForTimeout(1000 * seconds);
    const processor = (await rendererSeconds(session)) - before;
    const result = await page.evaluate(stop);
    await page.close();
    const add = (name, unit, values, note) =>
      rows.push({ section: 'live microphone', name: `${model}: ${name}`, unit, values, note });
    add('end of a segment until its verdict', 'ms', result.delays, `${result.delays.length} segments`);
    add('stop until the result', 'ms', [result.stop]);
    add('time that the engine computes', '%', [100 * result.busy]);
    add('processor time of the page with worker and audio thread', '%', [(100 * processor) / seconds]);
  }
  return rows;
}
