// SPDX-License-Identifier: MIT
//
// What may go wrong around the page: files, storage, devices, clocks, other tabs, memory. Each fault ends in a stated
// error or in the right verdict, and the page goes on. Crashes of the engine are in queue.test.js and recording.test.js.

import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  browserTest,
  data,
  judge,
  longFile,
  microphoneOf,
  openView,
  recorded,
  saved,
  savedResult,
  serveSite,
  shownResult,
  site,
  spokenFile,
  stored,
  temporary,
} from './harness.js';

/** @typedef {import('playwright-core').Page} Page */

const spoken = spokenFile();
const chromium = browserTest(microphoneOf(spoken.path, { loop: true }));
const faulty = { expectErrors: true }; // the browser reports every refused request as an error
const angry = data('formats/angry.wav');

/** @param {Page} page @param {string} [name] of a recording in tests/data */
async function assertJudges(page, name = 'formats/angry.wav') {
  await page.setInputFiles('#file', data(name));
  await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
}

describe('what the server sends', () => {
  const html = '<!doctype html><title>Not found</title>';
  /** @param {RegExp} which @returns {Buffer} the file of the page with that name */
  const file = (which) =>
    readFileSync(join(site, 'assets', String(readdirSync(join(site, 'assets')).find((name) => which.test(name)))));
  const wasm = /emovox-relaxed-.*\.wasm$/;
  const model = /emovox-small.*\.safetensors$/;
  const spoilt = file(model);
  spoilt[spoilt.length - 99] ^= 4;

  /**
   * @typedef {(response: import('node:http').ServerResponse) => void} Answer
   * @type {{what: string, which: RegExp, answer: Answer, code: string, words: RegExp}[]}
   */
  const cases = [
    {
      what: 'a page in place of the engine',
      which: /\.wasm$/,
      answer: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html),
      code: 'wasm-load',
      words: /is not WebAssembly/,
    },
    {
      what: 'half of the engine',
      which: wasm,
      answer: (response) => response.writeHead(200).end(file(wasm).subarray(0, 30_000)),
      code: 'wasm-load',
      words: /is not WebAssembly/,
    },
    {
      what: 'the engine, until the line breaks',
      which: wasm,
      answer: (response) => breakOff(response, file(wasm)),
      code: 'wasm-load',
      words: /could not be loaded/,
    },
    {
      what: 'the model with a wrong bit',
      which: model,
      answer: (response) => response.writeHead(200).end(spoilt),
      code: 'file-mismatch',
      words: /not the one that belongs to this version/,
    },
    {
      what: 'half of the model',
      which: model,
      answer: (response) => response.writeHead(200).end(spoilt.subarray(0, 400_000)),
      code: 'file-mismatch',
      words: /not the one that belongs to this version/,
    },
    {
      what: 'the model, until the line breaks',
      which: model,
      answer: (response) => breakOff(response, spoilt),
      code: 'model-load',
      words: /could not be loaded/,
    },
    {
      what: 'a page in place of the worker',
      which: /worker-.*\.js$/,
      answer: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html),
      code: 'worker-load',
      words: /worker could not be started/,
    },
    {
      what: 'nothing but the page',
      which: /\.(wasm|safetensors)$|sw\.js|worker|decode/,
      answer: (response) => response.destroy(),
      code: '',
      words: /could not be (loaded|started)/,
    },
  ];

  /** @type {(response: import('node:http').ServerResponse, bytes: Buffer) => void} */
  function breakOff(response, bytes) {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  }

  for (const { what, which, answer, code, words } of cases) {
    test(`${what}${code && `: ${code}`}; and all is well once it is mended`, () =>
      chromium.withPage(async (page) => {
        const server = await serveSite(site);
        try {
          server.intercept = ({ url }, response) => which.test(url) && Boolean([answer(response)]);
          await page.goto(server.url);
          await page.waitForSelector(`body[data-error*=${code || 'load'}]`);
          assert.match(String(await page.textContent('#status')), words);
          await page.setInputFiles('#file', angry);
          assert.match(String((await shownResult(page)).error), code ? RegExp(`^${code}$`) : /-load$/);
          server.intercept = () => false;
          await page.click('#retry');
          await page.waitForSelector('body[data-ready]');
          assert.equal(await page.textContent('#status'), 'Ready.');
          await assertJudges(page);
        } finally {
          await server.close();
        }
      }, faulty));
  }

  test('WebAssembly by any name is compiled', () =>
    chromium.withPage(async (page) => {
      await page.route('**/*.wasm', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, headers: { 'content-type': 'text/plain' } });
      });
      await chromium.openSite(page);
      await assertJudges(page);
    }));

  test('no words: the page says so in the language of its code, and comes to life with the network', () =>
    chromium.withPage(async (page) => {
      await page.route('**/en-*.js', (route) => route.abort());
      await page.goto(`${chromium.url}site/`);
      await page.waitForSelector('body[data-error=words]');
      assert.match(String(await page.textContent('#status')), /could not be loaded\. Check the connection/);
      assert.equal(await page.textContent('#retry:visible'), 'Try again');
      await page.unrouteAll();
      await page.click('#retry');
      await page.waitForSelector('body[data-ready]');
      await assertJudges(page);
    }, faulty));

  test('the words of another language are missing: it is English', () =>
    chromium.withPage(async (page) => {
      await page.route('**/pl-*.js', (route) => route.abort());
      await page.goto(`${chromium.url}site/?language=pl`);
      await page.waitForSelector('body[data-ready]');
      assert.equal(await page.getAttribute('html', 'lang'), 'en');
      await assertJudges(page);
    }, faulty));

  test('without a network at first, it comes to life by itself', () =>
    chromium.withPage(async (page) => {
      await page.route('**/*.{wasm,safetensors}', (route) => route.abort());
      await chromium.openSite(page);
      await page.waitForSelector('body[data-error]');
      await page.unrouteAll();
      await page.evaluate(() => dispatchEvent(new Event('online')));
      await page.waitForSelector('body[data-ready]');
      await assertJudges(page);
    }, faulty));

  test('a model of another version by its own address: model-invalid', () =>
    chromium.withPage(async (page) => {
      const other = file(model);
      const text = other.toString('latin1', 0, 4000);
      const format = /\\"format\\": /.exec(text);
      assert.ok(format, 'the header names its format');
      other.write('9', format.index + format[0].length, 'latin1');
      await chromium.openLibrary(page);
      await page.route('**/own.safetensors', (route) => route.fulfill({ body: other }));
      const code = await page.evaluate(
        (url) => globalThis.Emovox.create({ model: new URL(url) }).catch((/** @type {any} */ error) => error.code),
        `${chromium.url}own.safetensors`,
      );
      assert.equal(code, 'model-invalid');
    }));

  test('the large model is stored but cannot be loaded: with the small one all is well again', () =>
    chromium.withPage(async (page) => {
      await page.route('**/emovox-large*.safetensors', (route) => route.fulfill({ status: 404 }));
      await page.goto(`${chromium.url}site/?model=large`);
      await page.waitForSelector('body[data-error=model-load]');
      assert.match(String(await page.textContent('#status')), /large model could not be downloaded/);
      await openView(page, 'settings');
      await page.check('#model-small');
      await page.waitForSelector('body[data-ready]:not([data-error])');
      assert.equal(await page.textContent('#status'), 'Ready.');
      assert.equal(await page.isVisible('#retry'), false);
      await openView(page, 'listen');
      await assertJudges(page);
    }, faulty));
});

describe('a new version is put on the server', () => {
  /** The page, all of whose files with hashed names have others. */
  function nextVersion() {
    const folder = temporary('next');
    cpSync(site, folder, { recursive: true });
    const names = readdirSync(join(folder, 'assets'));
    const next = (/** @type {string} */ name) => name.replace(/-[\w-]{8}\./, '-NextVers.');
    for (const name of names) renameSync(join(folder, 'assets', name), join(folder, 'assets', next(name)));
    const texts = ['index.html', 'sw.js', ...names.map((name) => `assets/${next(name)}`)].filter((name) =>
      /\.(html|js|css)$/.test(name),
    );
    for (const text of texts) {
      let content = readFileSync(join(folder, text), 'utf8');
      for (const name of names) content = content.replaceAll(name, next(name));
      if (text === 'sw.js') content = content.replace(/(index\.html`,revision:`)\w{4}/, '$1next');
      writeFileSync(join(folder, text), content);
    }
    return folder;
  }
  const next = nextVersion();
  const version = (/** @type {Page} */ page) =>
    page.$eval('script[type=module]', (node) => (/NextVers/.test(node.getAttribute('src') ?? '') ? 'new' : 'old'));

  /**
   * @param {(page: Page, server: Awaited<ReturnType<typeof serveSite>>) => Promise<void>} body
   * @param {boolean} serviceWorker
   */
  const deployed = (body, serviceWorker) =>
    chromium.withPage(
      async (page) => {
        const server = await serveSite(site);
        try {
          await body(page, server);
        } finally {
          await server.close();
        }
      },
      { ...faulty, serviceWorker },
    );

  test('before the first analysis: the page has what it needs; what it has not, it says, and the next visit is new', () =>
    deployed(async (page, server) => {
      await page.goto(server.url);
      await page.waitForSelector('body[data-ready]');
      server.replace(next);
      server.requests.length = 0;
      await assertJudges(page);
      await assertJudges(page, 'formats/angry.m4a');
      await page.click('#record');
      await recorded(page, 3);
      await page.click('#stop');
      assert.equal((await shownResult(page)).state, 'done');
      assert.deepEqual(server.requests, []);
      await openView(page, 'settings');
      await page.check('#model-large');
      await page.waitForFunction(() => /404/.test(document.querySelector('#status')?.textContent ?? ''));
      assert.equal(await page.isChecked('#model-small'), true);
      await page.selectOption('#language', 'de');
      await page.waitForFunction(() => /** @type {any} */ (document.querySelector('#language')).value === 'en');
      await page.reload();
      await page.waitForSelector('body[data-ready]');
      assert.equal(await version(page), 'new');
      await assertJudges(page);
    }, false));

  test('while the page loads: never a part of each', () =>
    deployed(async (page, server) => {
      server.intercept = ({ url }) => {
        if (/worker-/.test(url)) server.replace(next); // all that came before is old
        return false;
      };
      await page.goto(server.url);
      await page.waitForSelector('body[data-ready], body[data-error]');
      assert.match(String(await page.getAttribute('body', 'data-error')), /-load$/);
      server.intercept = () => false;
      await page.click('#retry');
      await page.waitForSelector('body[data-error]');
      await page.reload();
      await page.waitForSelector('body[data-ready]');
      assert.equal(await version(page), 'new');
      await assertJudges(page);
    }, false));

  test('while a file is analysed, and another tab takes it: the verdict comes from the old one, the next from the new', () =>
    deployed(async (page, server) => {
      await page.goto(server.url);
      await stored(page);
      await page.waitForSelector('body[data-ready]');
      await page.setInputFiles('#file', longFile(20));
      await page.waitForSelector('#result[data-state=working]');
      server.replace(next);
      const other = await page.context().newPage();
      await other.goto(server.url);
      await other.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
      await other.click('#update:visible');
      await other.waitForSelector('script[src*=NextVers]', { state: 'attached' });
      await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
      assert.equal(await version(page), 'old');
      assert.ok((await savedResult(page)).segments.length > 590);
      await assertJudges(page, 'formats/angry.flac');
      await page.click('#update');
      await page.waitForSelector('script[src*=NextVers]', { state: 'attached' });
      await page.waitForSelector('body[data-ready]');
      await assertJudges(page);
    }, true));
});
