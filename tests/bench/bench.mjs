// `npm run bench`: how fast, large and hungry emovox is beside others, in headless Chromium and natively, on this
// machine.
//   --quick   fewer rounds, shorter recordings      --json   for machines      --write   tests/bench/RESULTS.md
// Nothing here asserts a time.
// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findChromium, main, relaxedEmscripten, root } from '../../src/deps/setup.mjs';
import { serve } from '../../web/scripts/serve.mjs';
import { recording, writeRecording } from './audio.mjs';
import { functions } from './functions.mjs';
import { lengths } from './lengths.mjs';
import { fakeMicrophone, microphone } from './microphone.mjs';
import { native } from './native.mjs';
import { compare } from './rounds.mjs';
import { folder, models, prepare, python, wasm } from './setup.mjs';
import { start } from './start.mjs';
import { markdown, summary, text } from './table.mjs';

const [quick, json, write] = ['--quick', '--json', '--write'].map((option) => process.argv.includes(option));
const seconds = quick ? 15 : 60; // of the recording
const rounds = quick ? 3 : 9;
const batches = quick ? [1, 8] : [1, 4, 16];

/** Gives pages a finer clock and a view of their memory. Threads, which it allows as well, nobody uses. */
const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];

/** Everything, one after the other: nothing else should run meanwhile. */
async function measure() {
  const { chromium } = await import('playwright-core');
  const speech = path.join(folder, 'speech.wav');
  const server = await serve(path.resolve(root), 0, isolated);
  const browser = await chromium.launch({
    executablePath: findChromium(),
    // Memory is measured at once, not when the browser finds the time.
    args: [...flags, '--enable-blink-features=ForceEagerMeasureMemory', ...fakeMicrophone(speech)],
  });
  const step = (title) => console.error(`${title} …`);
  const openPage = async (name) => {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on('pageerror', (error) => console.error(error));
    await page.goto(`${server.url}tests/bench/${name}`);
    return page;
  };
  try {
    const page = await openPage('page.html');
    const samples = await recording(page, server.url, seconds);
    writeRecording(speech, samples);
    step('Rounds');
    const rows = await compare(page, { rounds, seconds, batches });
    await page.close();
    step('Start');
    rows.push(...(await start(browser, server, { rounds })));
    step('Lengths');
    const blank = await openPage('blank.html');
    rows.push(...(await lengths(blank, { quick })));
    await blank.close();
    step('Microphone');
    rows.push(
      ...(await microphone(browser, server.url, quick ? { models: ['small'], seconds: 7 } : { models, seconds: 20 })),
    );
    step('Command line and Python');
    rows.push(...(await native(samples, { rounds, seconds, times: quick ? 3 : 10 })));
    return { rows, chromium: browser.version() };
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Where the bytes of the module that Chromium loads are, by a build of it that has names. */
function largest() {
  const { name: module, build } = wasm();
  const all = functions(readFileSync(path.join(root, build, 'emovox_named.wasm')));
  const total = all.reduce((sum, { size }) => sum + size, 0);
  return all.slice(0, 15).map(({ name, size }) => ({
    section: `largest of ${all.length} functions in ${module}, ${(total / 1000).toFixed(0)} kB of code`,
    name,
    unit: 'kB',
    values: [size / 1000],
    note: `${((100 * size) / total).toFixed(1)} %`,
  }));
}

function versions(chromium) {
  const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
  const emcc = wasm().build === 'build/relaxed' ? relaxedEmscripten().emcc : 'emcc';
  const first = (command, args) => execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0];
  return {
    emovox: read('package.json').version,
    chromium,
    node: process.versions.node,
    wasm: wasm().name,
    emcc: /\d+\.\d+\.\d+/.exec(first(emcc, ['--version']))?.[0],
    ...read('tests/bench/package.json').dependencies,
    torch: first(python, ['-c', 'import importlib.metadata as m; print(m.version("torch"))']),
  };
}

/** What the rows mean, for RESULTS.md. */
const reading = `
End to end is 16 kHz samples in, result out. emovox works through its library and worker; the others run in the page
itself, on the same weights (exported by model/train/to_onnx.py, or read from the released file), the same sequences and
log-mel written in JavaScript, with the batch size that is fastest for them. Meyda's features are of another kind (frames
of a power of two, other filters), so no network gets them. Network only starts from the same features for all; emovox's
is then a module of its own with the same library in it, as the released one has no such entry. The run fails if
probabilities differ by 0.05; emovox alone rounds the inputs of layers to 8 bits. Stages are timed inside that module (tests/bench/stages.c); their GFLOP/s count products
and sums of convolutions, matrices and recurrence, and the limit is a loop of 128-bit products and sums of floats
out of registers, which products of 8 bits can exceed. The module is the one that Chromium loads.
Plain C is kissfft and a dense mel matrix with the same compiler flags. Cold is a new browser profile, warm the second
time in a page.`.trim();

await main(async () => {
  await prepare();
  const measured = await measure();
  const rows = [...measured.rows, ...largest()].map(summary);
  const report = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${os.cpus()[0].model}, ${os.cpus().length} cores, ${(os.totalmem() / 2 ** 30).toFixed(0)} GiB, ${os.type()}`,
    rounds,
    seconds,
    versions: versions(measured.chromium),
    rows,
  };
  const about = [
    `${report.date}, ${report.machine}`,
    Object.entries(report.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `medians of ${rounds} rounds on ${seconds} s of speech${quick ? ' (--quick)' : ''}, one thread; × emovox: median of the ratios within rounds`,
  ];
  if (write) {
    const lines = [
      '# Results of `npm run bench -- --write`',
      '',
      ...about.map((line) => `- ${line}`),
      '',
      reading,
      '',
      markdown(rows),
      '',
    ];
    writeFileSync(path.join(root, 'tests/bench/RESULTS.md'), lines.join('\n'));
  }
  console.log(json ? JSON.stringify(report, null, 2) : `${about.join('\n')}\n${text(rows)}`);
});
