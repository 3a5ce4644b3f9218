// `npm run bench`: how fast and how large emovox is beside others, in headless Chromium and natively, on this machine.
//   --json   for machines      --quick   fewer rounds, shorter recordings      --write   tests/bench/RESULTS.md
// Nothing here asserts a time.
// SPDX-License-Identifier: MIT
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findChromium, main, root } from '../../src/deps/setup.mjs';
import { serve } from '../../web/scripts/serve.mjs';
import { recording, writeRecording } from './audio.mjs';
import { compare } from './rounds.mjs';
import { folder, prepare } from './setup.mjs';
import { summary, text } from './table.mjs';

const [quick, json, write] = ['--quick', '--json', '--write'].map((option) => process.argv.includes(option));
const seconds = quick ? 20 : 60;
const rounds = quick ? 3 : 9;
/** A finer clock for the page; it gives SharedArrayBuffer as well, which nobody here uses. */
const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

await main(async () => {
  await prepare();
  const { chromium } = await import('playwright-core');
  const server = await serve(path.resolve(root), 0, isolated);
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] });
  const rows = [];
  try {
    const page = await browser.newPage();
    page.on('console', (m) => console.error(m.text(), m.location().url));
    page.on('pageerror', (m) => console.error(m));
    page.setDefaultTimeout(600_000);
    await page.goto(`${server.url}tests/bench/page.html`);
    const samples = await recording(page, server.url, seconds);
    writeRecording(path.join(folder, 'speech.wav'), samples);
    rows.push(...(await compare(page, { rounds, seconds })));
  } finally {
    await browser.close();
    await server.close();
  }
  console.log(text(rows.map(summary)));
});
