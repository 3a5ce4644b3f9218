// `npm run bench:page`: how the page feels, in headless Chromium on this machine: what a phone sees first, and how long
// the page is busy with itself while an hour is analysed and looked at.
//   --quick   five minutes instead of an hour, fewer rounds      --write   tests/bench/VISIT.md
// Nothing here asserts a time.
// SPDX-License-Identifier: MIT
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { ensure, findChromium, main, root } from '../../src/deps/setup.mjs';
import { build, site } from '../../web/scripts/build.mjs';
import { pageHeaders } from '../../web/scripts/policy.mjs';
import { makeWav, readWav, resample } from '../node/audio.js';
import { markdown, summary, text } from './table.mjs';

const [quick, write] = ['--quick', '--write'].map((option) => process.argv.includes(option));
const minutes = quick ? 5 : 60;
const rounds = quick ? 3 : 9;
const cancels = 10;

/** As Lighthouse takes a phone of the middle: processor four times slower, slow 4G. */
const phone = { slowdown: 4, latency: 150, down: 1.6e6 / 8, up: 0.75e6 / 8, viewport: { width: 390, height: 844 } };

/** From the start of one task to its end, on an otherwise idle machine. */
const long = 50;

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** The page as hosts send it, with brotli. */
async function serveCompressed() {
  /** @type {Map<string, Buffer>} */
  const packed = new Map();
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  const server = createServer((request, response) => {
    const name = new URL(request.url, 'http://localhost').pathname.replace(/\/$/, '/index.html');
    try {
      if (!packed.has(name)) packed.set(name, brotliCompressSync(readFileSync(path.join(site, name)), { params }));
    } catch {
      return response.writeHead(404).end();
    }
    const type = types[path.extname(name)] ?? 'application/octet-stream';
    response.writeHead(200, { ...pageHeaders(), 'content-type': type, 'content-encoding': 'br' }).end(packed.get(name));
  });
  await new Promise((resolve) => server.listen(0, 'localhost', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://localhost:${port}/`, close };
}

/** Speech again and again: 48 kHz, stereo, 16 bits. */
async function writeHour(file) {
  const { samples, sampleRate } = readWav(path.join(root, 'tests/data/formats/angry.wav'));
  const mono = resample(samples, sampleRate, 48000);
  const wav = makeWav(
    Float32Array.from({ length: mono.length * 2 }, (_, i) => mono[i >> 1]),
    48000,
    2,
  );
  const [header, body] = [Buffer.from(wav.subarray(0, 44)), wav.subarray(44)];
  const times = Math.ceil((minutes * 60 * 48000) / mono.length);
  header.writeUInt32LE(36 + times * body.length, 4);
  header.writeUInt32LE(times * body.length, 40);
  const out = createWriteStream(file);
  out.write(header);
  for (let i = 0; i < times; i++) {
    if (!out.write(body)) await new Promise((resolve) => out.once('drain', resolve));
  }
  await new Promise((resolve) => out.end(resolve));
}

/** @returns {Promise<import('./table.mjs').Row[]>} */
async function firstVisit(browser, url) {
  const results = [];
  for (let i = 0; i < rounds; i++) {
    const context = await browser.newContext({ viewport: phone.viewport, deviceScaleFactor: 2, isMobile: true });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: phone.latency,
      downloadThroughput: phone.down,
      uploadThroughput: phone.up,
    });
    await session.send('Emulation.setCPUThrottlingRate', { rate: phone.slowdown });
    await page.addInitScript(() => {
      const visit = { lcp: 0, ready: 0, shift: 0 };
      Object.assign(globalThis, { visit });
      new PerformanceObserver((list) => {
        visit.lcp = list.getEntries().at(-1).startTime;
      }).observe({ type: 'largest-contentful-paint', buffered: true });
      new PerformanceObserver((list) => {
        for (const { value } of /** @type {any[]} */ (list.getEntries())) visit.shift += value;
      }).observe({ type: 'layout-shift', buffered: true });
      new MutationObserver(() => {
        if (document.body?.dataset.ready !== undefined) visit.ready ||= performance.now();
      }).observe(document, { attributes: true, subtree: true, attributeFilter: ['data-ready'] });
    });
    await page.goto(url);
    await page.waitForSelector('body[data-ready]', { timeout: 0 });
    await page.waitForTimeout(500);
    const { lcp, ready, shift, fcp } = await page.evaluate(() => ({
      ...globalThis.visit,
      fcp: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    }));
    results.push({ fcp, lcp, ready, shift });
    await context.close();
  }
  const section = 'first visit on a phone of the middle';
  const row = (name, unit, key) => ({ section, name, unit, values: results.map((result) => result[key]) });
  return [
    row('until the first contentful paint', 'ms', 'fcp'),
    row('until the largest contentful paint', 'ms', 'lcp'),
    row('until the engine is ready', 'ms', 'ready'),
    row('layout shift', '', 'shift'),
  ];
}

/** What the page's main thread did meanwhile: by the clock, and by the time that it had the processor. */
async function tasksOf(browser, page, section, body) {
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await page.evaluate(() => {
    const tasks = [];
    Object.assign(globalThis, { tasks });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    }).observe({ type: 'longtask' });
  });
  await body();
  const observed = await page.evaluate(() => globalThis.tasks);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const renderers = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const ran = traceEvents.filter(
    ({ name, ph, pid, tid }) => name.endsWith('RunTask') && ph === 'X' && renderers.has(`${pid} ${tid}`),
  );
  const clock = ran.map(({ dur }) => dur / 1000);
  const processor = ran.map(({ tdur = 0 }) => tdur / 1000);
  const most = (values) => values.reduce((max, value) => Math.max(max, value), 0);
  const over = (values) => values.filter((value) => value > long).length;
  return [
    { section, name: 'longest task', unit: 'ms', values: [most(clock)], note: `${over(clock)} over ${long} ms` },
    {
      section,
      name: 'longest task, time on the processor',
      unit: 'ms',
      values: [most(processor)],
      note: `${over(processor)} over ${long} ms`,
    },
    { section, name: 'long tasks that the page itself observes', unit: '', values: [observed.length] },
  ];
}

/** @returns {Promise<import('./table.mjs').Row[]>} */
async function hour(browser, url, file) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(0);
  const session = await page.context().newCDPSession(page);
  const heap = async () => {
    await session.send('HeapProfiler.collectGarbage');
    return (await page.evaluate(() => /** @type {any} */ (performance).memory.usedJSHeapSize)) / 1e6;
  };
  const done = () => page.waitForSelector('#result[data-state=done]');
  await page.goto(url);
  await page.waitForSelector('body[data-ready]');
  await page.waitForTimeout(1000);
  const heaps = [['ready', await heap()]];
  const rows = await tasksOf(browser, page, `${minutes} minutes of 48 kHz stereo, analysed`, async () => {
    await page.setInputFiles('#file', file);
    await done();
    await page.waitForTimeout(500);
  });
  heaps.push(['with the result', await heap()]);
  rows.push(
    ...(await tasksOf(browser, page, `${minutes} minutes, looked at`, async () => {
      for (let i = 0; i < 5; i++) await page.click('#zoom-in');
      await page.focus('.strip');
      for (let i = 0; i < 40; i++) await page.keyboard.press('ArrowRight');
      await page.keyboard.press('End');
      await page.waitForTimeout(300);
      await page.click('#timeline-table summary');
      for (let i = 0; i < 3; i++) await page.click('#timeline-table > button');
      for (const view of ['compare', 'history', 'speakers', 'settings', 'about', 'listen']) {
        await page.click(`nav [data-view=${view}]`);
        await page.waitForTimeout(200);
      }
    })),
  );

  await page.evaluate(() => {
    const answers = [];
    let clicked = 0;
    Object.assign(globalThis, { answers });
    addEventListener(
      'click',
      ({ target, timeStamp }) => {
        if (/** @type {Element} */ (target).id === 'cancel') clicked = timeStamp;
      },
      true,
    );
    const result = /** @type {HTMLElement} */ (document.querySelector('#result'));
    new MutationObserver(() => {
      if (result.dataset.state === 'failed') answers.push(performance.now() - clicked);
    }).observe(result, { attributes: true, attributeFilter: ['data-state'] });
  });
  for (let i = 0; i < cancels; i++) {
    await page.click('#again');
    await page.waitForSelector('#result[data-state=working] .verdict .key');
    await page.waitForTimeout((150 * i * minutes) / 60);
    await page.click('#cancel');
    await page.waitForSelector('#result[data-state=failed]');
  }
  const answers = await page.evaluate(() => globalThis.answers);
  rows.push({ section: 'Cancel', name: 'from the click until the page shows it', unit: 'ms', values: answers });

  await page.click('#again');
  await done();
  await page.waitForTimeout(500);
  heaps.push([`after ${cancels} cancelled and one more`, await heap()]);
  await page.click('#recordings .remove');
  await page.waitForSelector('#result[data-state=empty]');
  heaps.push(['after it is removed', await heap()]);
  await page.close();
  const section = "the page's JavaScript heap";
  return [...rows, ...heaps.map(([name, value]) => ({ section, name, unit: 'MB', values: [value] }))];
}

const reading = `
First visits are new profiles on a processor slowed down ${phone.slowdown} times and a network of 1.6 Mbit/s and
${phone.latency} ms, as Lighthouse takes a phone, with files compressed as hosts send them. Tasks are those of the page's
main thread, from a trace: by the clock, and by the time they had the processor, which other programs do not lengthen.
Looking at it is zooming in, walking through segments with the arrow keys, growing the table and going to every view.`.trim();

await main(async () => {
  await build();
  await ensure({ chromium: true });
  const { chromium } = await import('playwright-core');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'emovox-'));
  const server = await serveCompressed();
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--enable-precise-memory-info'],
  });
  try {
    console.error('First visits …');
    const rows = await firstVisit(browser, server.url);
    console.error(`${minutes} minutes …`);
    const file = path.join(folder, 'hour.wav');
    await writeHour(file);
    rows.push(...(await hour(browser, server.url, file)));
    const about = [
      `${new Date().toISOString().slice(0, 10)}, ${os.cpus()[0].model}, ${os.cpus().length} cores, ${os.type()}, chromium ${browser.version()}`,
      `first visits: medians of ${rounds}; load of the machine at the end: ${os.loadavg()[0].toFixed(1)}${quick ? ' (--quick)' : ''}`,
    ];
    const summaries = rows.map(summary);
    if (write) {
      const lines = [
        '# Results of `npm run bench:page -- --write`',
        '',
        ...about.map((line) => `- ${line}`),
        '',
        reading,
      ];
      writeFileSync(path.join(root, 'tests/bench/VISIT.md'), [...lines, '', markdown(summaries), ''].join('\n'));
    }
    console.log(`${about.join('\n')}\n${text(summaries)}`);
  } finally {
    await browser.close();
    server.close();
    rmSync(folder, { recursive: true });
  }
});
