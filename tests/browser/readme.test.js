// SPDX-License-Identifier: MIT
//
// The programs in README.md, as they stand there.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serve } from '../../web/scripts/serve.mjs';
import { browserTest, data } from './harness.js';

const chromium = browserTest(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const reference = readFileSync(new URL('../../web/lib/README.md', import.meta.url), 'utf8');
const folder = fileURLToPath(new URL('../../build/tests/readme/', import.meta.url));
const angry = data('formats/angry.wav');

/**
 * @param {string} heading
 * @param {string} language
 * @returns {string[]} the blocks of that language below a heading
 */
function blocks(heading, language) {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const found = [...section.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, code]) => code);
  assert.ok(found.length > 0, `no ${language} under ${heading}`);
  return found;
}

test('in five minutes', async () => {
  const start = `${folder}start/`;
  rmSync(start, { recursive: true, force: true });
  mkdirSync(`${start}node_modules`, { recursive: true });
  symlinkSync(fileURLToPath(new URL('../../', import.meta.url)), `${start}node_modules/emovox`); // as if installed
  const lines = blocks('In five minutes', 'sh').join('').trim().split('\n');
  assert.ok(lines.length < 15);
  const page = lines.filter((line) => !/^npm install|^python3/.test(line));
  execFileSync('sh', ['-c', page.join('\n')], { cwd: start });
  const server = await serve(start.slice(0, -1));
  try {
    await chromium.withPage(async (tab) => {
      await tab.route('**/favicon.ico', (route) => route.fulfill({ status: 204 })); // browsers ask for it unasked
      await tab.goto(server.url);
      await tab.setInputFiles('emovox-recorder input[type=file]', angry);
      await tab.waitForFunction(() =>
        document.querySelector('emovox-recorder')?.shadowRoot?.textContent?.match(/angry/i),
      );
    });
  } finally {
    await server.close();
  }
});

test('in JavaScript', () =>
  chromium.withPage(async (page) => {
    const given = [
      "const file = await (await fetch('/angry.wav')).blob(), calmRecording = file;",
      "document.body.innerHTML = '<button id=stop></button>';",
    ];
    const program = [...given, ...blocks('In JavaScript', 'js'), 'globalThis.done = true;'].join('\n');
    await chromium.openLibrary(page);
    await page.route('**/angry.wav', (route) => route.fulfill({ path: angry }));
    await page.route('**/lib/program.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: program.replace("from 'emovox'", "from './emovox.js'") }),
    );
    /** @type {string[]} */ const said = [];
    page.on('console', (message) => said.push(message.text()));
    await page.evaluate(() => import(String(new URL('/lib/program.js', location.href))));
    assert.equal(await page.evaluate(() => globalThis.done), true);
    assert.match(said[0], /^angry 1 0\.\d+ /);
    assert.ok(said.some((line) => Number(line) > 0 && Number(line) < 1)); // how far the verdict is adapted
    await page.waitForTimeout(1000);
    await page.click('#stop');
    await page.waitForFunction(() => true);
  }));

test('the examples of the reference', () =>
  chromium.withPage(async (page) => {
    const [, methods] = reference.split('\n# `emovox`\n')[1].split('\n# ')[0].split('\n#### Methods\n');
    const examples = [...methods.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);
    assert.equal(examples.length, 9);
    const given = "import { Emovox } from './emovox.js';\nconst file = await (await fetch('/angry.wav')).blob();";
    await chromium.openLibrary(page);
    await page.route('**/angry.wav', (route) => route.fulfill({ path: angry }));
    await page.route('**/lib/program.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: [given, ...examples].join('\n') }),
    );
    /** @type {string[]} */ const said = [];
    page.on('console', (message) => said.push(message.text()));
    await page.evaluate(() => import(String(new URL('/lib/program.js', location.href))));
    assert.ok(said.includes('1') && said.includes('0 angry'), said.join('\n'));
    assert.ok(
      said.some((line) => /^angry 1 0\.\d+$/.test(line)),
      said.join('\n'),
    );
  }));

test('as an element', () =>
  chromium.withPage(async (page) => {
    await chromium.openLibrary(page);
    const [markup] = blocks('As an element', 'html');
    const [script] = blocks('As an element', 'js');
    await page.route('**/lib/element.html', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `${markup.replace('emovox/element.js', 'element.js')}<script type="module" src="program.js"></script>`,
      }),
    );
    await page.route('**/lib/program.js', (route) => route.fulfill({ contentType: 'text/javascript', body: script }));
    const said = page.waitForEvent('console', (message) => message.text().startsWith('angry '));
    await page.goto(`${chromium.url}lib/element.html`);
    await page.setInputFiles('emovox-recorder input[type=file]', angry);
    await said;
  }));

test('in Node', () => {
  mkdirSync(folder, { recursive: true });
  copyFileSync(angry, `${folder}recording.wav`);
  const program = blocks('In Node', 'js')
    .join('\n')
    .replace("'recording.csv'", JSON.stringify(`${folder}recording.csv`));
  writeFileSync(`${folder}program.mjs`, program);
  const output = execFileSync(process.execPath, [`${folder}program.mjs`], { encoding: 'utf8' });
  assert.match(output, /^0 no speech$/m);
  assert.match(readFileSync(`${folder}recording.csv`, 'utf8'), /angry/);
});

test('on the command line', () => {
  rmSync(`${folder}ann.profile`, { force: true }); // of another model, maybe
  mkdirSync(`${folder}recordings`, { recursive: true });
  mkdirSync(`${folder}session`, { recursive: true });
  for (const name of ['recording.wav', 'recordings/a.wav', 'session/1.wav', 'session/2.wav', 'calm.wav'])
    copyFileSync(angry, folder + name);
  copyFileSync(data('formats/angry.mp3'), `${folder}talk.mp3`);
  copyFileSync(data('formats/angry.flac'), `${folder}a.flac`);
  const cli = fileURLToPath(new URL('../../dist/lib/cli.js', import.meta.url));
  const native = fileURLToPath(new URL('../../build/native/emovox', import.meta.url));
  const lines = blocks('On the command line', 'sh').flatMap((block) => block.trim().split('\n'));
  assert.ok(lines.length > 10);
  for (const line of lines) {
    const command = line
      .replace(/^arecord [^|]*/, `head -c 128044 recording.wav | tail -c +45 `) // no microphone here
      .replace('npx emovox', `"${process.execPath}" "${cli}"`)
      .replace('build/native/emovox', `"${native}"`)
      .replace(/ \*\.wav/, ' recording.wav');
    const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, `${line}\n${stderr}`);
  }
});
