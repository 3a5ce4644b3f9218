// SPDX-License-Identifier: MIT
//
// Makes web/app/public/icons out of web/app/icon.svg. Run by hand when the icon changes: node web/scripts/icons.mjs

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ensure, findChromium, main, root } from '../../src/deps/setup.mjs';

const icon = join(root, 'web/app/icon.svg');
const folder = join(root, 'web/app/public/icons');

/** Systems cut maskable icons, and Apple's, to a shape of their own: those fill the square, and the drawing is smaller. */
const icons = [
  { name: 'icon-192.png', size: 192 },
  { name: 'icon-512.png', size: 512 },
  { name: 'icon-maskable-512.png', size: 512, square: true },
  { name: 'apple-touch-icon.png', size: 180, square: true },
];

await main(async () => {
  await ensure({ npm: true, chromium: true });
  const svg = await readFile(icon, 'utf8');
  const color = /fill="(#[0-9a-f]+)"/.exec(svg)?.[1];
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] });
  for (const { name, size, square } of icons) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    const drawing = square ? `body{background:${color}} svg{scale:0.8}` : '';
    await page.setContent(`<style>body{margin:0} svg{display:block;width:100vw;height:100vh} ${drawing}</style>${svg}`);
    await page.screenshot({ path: join(folder, name), omitBackground: true });
    await page.close();
  }
  await browser.close();
});
