// SPDX-License-Identifier: MIT
//
// What may go wrong around the page: files, storage, devices, clocks, other tabs, memory. Each fault ends in a stated
// error or in the right verdict, and the page goes on. Crashes of the engine are in queue.test.js and recording.test.js.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { assertPlausible, fourHours, hostileFiles } from '../hostile.js';
import { assertMisuse, misuse } from '../misuse.js';
import { starved } from '../node/starve.js';
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
  await judge(page, data(name));
  await page.waitForSelector(`#result[data-state=done][data-emotion=angry] #result-title:text-is("${basename(name)}")`);
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

  test('not even the script: what is to be done appears by itself', () =>
    chromium.withPage(async (page) => {
      await page.route('**/index-*.js', (route) => route.abort());
      await page.goto(`${chromium.url}site/`);
      const late = page.locator('#status:has-text("Loading…") .late');
      assert.equal(await late.isVisible(), false);
      const [seconds] = await page.evaluate(() =>
        document.getAnimations().map((animation) => Number(animation.effect?.getComputedTiming().endTime) / 1000),
      );
      assert.equal(seconds, 15);
      await page.evaluate(() => document.getAnimations()[0].finish());
      assert.equal(await late.isVisible(), true);
      assert.match(String(await late.textContent()), /Check the connection, then reload/);
      await page.unrouteAll();
      await page.reload();
      await page.waitForSelector('body[data-ready]');
      assert.equal(await late.count(), 0);
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

/** What IndexedDB holds. @param {Page} page @param {'recordings' | 'profiles'} name @returns {Promise<any[]>} */
const kept = (page, name) =>
  page.evaluate(
    (store) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open('emovox');
        opening.onerror = reject;
        opening.onsuccess = () => {
          const db = opening.result;
          if (!db.objectStoreNames.contains(store)) return reject(new Error('The database is empty.'));
          const all = db.transaction(store).objectStore(store).getAll();
          all.onsuccess = () => {
            db.close();
            resolve(all.result.map(({ name, bytes, seconds }) => ({ name, seconds, bytes: bytes && [...bytes] })));
          };
        };
      }),
    name,
  );

/** @param {Page} page @param {RegExp} words waits until the page says so */
const says = (page, words) =>
  page.waitForFunction(
    (expected) => RegExp(expected).test(document.querySelector('#status')?.textContent ?? ''),
    words.source,
  );

/** Makes somebody known. @param {Page} page @param {string} name @param {RegExp} words that the page then says */
async function enroll(page, name, words) {
  await openView(page, 'speakers');
  await page.fill('#speaker-name', name);
  await page.setInputFiles('#enroll-file', data('speech/long.opus'));
  await says(page, words);
}

/** @param {Page} page @param {boolean} [sound] */
async function keepHistory(page, sound = false) {
  await openView(page, 'history');
  await page.check('#history-on');
  await page.setChecked('#history-audio', sound);
  await openView(page, 'listen');
}

describe('storage', () => {
  const refuse = () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    };
  };
  const fail = () => {
    IDBFactory.prototype.open = () => {
      const request = /** @type {any} */ (new EventTarget());
      request.error = new DOMException('A mutation operation was attempted', 'InvalidStateError');
      setTimeout(() => request.dispatchEvent(new Event('error')));
      return request;
    };
  };
  for (const [how, prepare] of /** @type {const} */ ([
    ['forbidden', refuse],
    ['broken', fail],
  ])) {
    test(`${how}: what cannot be kept is said, and all the rest works`, () =>
      chromium.withPage(async (page) => {
        await page.addInitScript(prepare);
        await chromium.openSite(page);
        await keepHistory(page);
        await assertJudges(page);
        await says(page, /keeps nothing/);
        assert.equal(await page.isVisible('#status'), true);
        await page.waitForSelector('#keep:enabled');
        await openView(page, 'history');
        await page.waitForSelector('#history-list:has-text("keeps nothing")');
        await enroll(page, 'Ann', /Ann is known for this visit/);
        await openView(page, 'listen');
        assert.equal(await page.$eval('#speaker', (node) => node.querySelector('option:checked')?.textContent), 'Ann');
        await assertJudges(page, 'formats/angry.flac');
        assert.match(String(await page.textContent('#technical')), /adapted to Ann/);
        await openView(page, 'speakers');
        await page.click('[aria-label="Delete Ann"]');
        await says(page, /keeps nothing/);
      }));
  }

  test('full: said, the verdict stays, and there is a way on', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      const session = await page.context().newCDPSession(page);
      const room = (/** @type {number} */ quotaSize) =>
        session.send('Storage.overrideQuotaForOrigin', { origin: new URL(chromium.url).origin, quotaSize });
      await room(1_000_000);
      await keepHistory(page, true);
      await judge(page, longFile(2)); // 4 MB
      await says(page, /no room left for the history/);
      assert.equal(await page.getAttribute('#result', 'data-emotion'), 'angry');
      await openView(page, 'history');
      await page.uncheck('#history-audio');
      await openView(page, 'listen');
      await room(50_000_000);
      await page.click('#keep');
      await page.waitForSelector('#keep:disabled');
      assert.deepEqual((await kept(page, 'recordings')).length, 1);
    }));

  test('deleted, by another tab or by the browser: what comes then is kept', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await keepHistory(page);
      await assertJudges(page);
      await page.waitForSelector('#keep:disabled');
      const other = await page.context().newPage();
      await other.goto(`${chromium.url}site/`);
      const deleted = await other.evaluate(
        () =>
          new Promise((resolve) => {
            const deleting = indexedDB.deleteDatabase('emovox');
            deleting.onsuccess = () => resolve('deleted');
            deleting.onblocked = () => resolve('blocked');
          }),
      );
      assert.equal(deleted, 'deleted');
      await assertJudges(page, 'formats/angry.flac');
      await page.waitForSelector('#keep:disabled');
      assert.deepEqual(
        (await kept(page, 'recordings')).map(({ name }) => name),
        ['angry.flac'],
      );
      const session = await page.context().newCDPSession(page);
      await session.send('Storage.clearDataForOrigin', {
        origin: new URL(chromium.url).origin,
        storageTypes: 'indexeddb',
      });
      await assertJudges(page, 'formats/angry.mp3');
      await page.waitForSelector('#keep:disabled');
      assert.deepEqual(
        (await kept(page, 'recordings')).map(({ name }) => name),
        ['angry.mp3'],
      );
    }));

  test('no room for the page itself: said, and it works', () =>
    chromium.withPage(
      async (page) => {
        const session = await page.context().newCDPSession(page);
        await session.send('Storage.overrideQuotaForOrigin', {
          origin: new URL(chromium.url).origin,
          quotaSize: 200_000,
        });
        await chromium.openSite(page);
        await says(page, /could not store this page/);
        await assertJudges(page);
      },
      { ...faulty, serviceWorker: true },
    ));
});

describe('devices', () => {
  /** Leaves track and context of a recording as globals. @param {Page} page */
  async function record(page) {
    await page.addInitScript(() => {
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        const stream = await open(constraints);
        [globalThis.track] = stream.getAudioTracks();
        return stream;
      };
      globalThis.AudioContext = class extends AudioContext {
        constructor() {
          super();
          globalThis.context = this;
        }
      };
    });
    await chromium.openSite(page);
    await page.click('#record');
    await recorded(page, 5);
  }

  /** @param {Page} page @param {number} seconds at least */
  async function assertHeard(page, seconds) {
    await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
    const sound = await saved(page, '[data-save=audio]');
    const { duration } = await savedResult(page);
    assert.ok(duration >= seconds, `${duration} s`);
    assert.ok(Math.abs((sound.bytes.length - 58) / 4 / sound.bytes.readUInt32LE(24) - duration) < 1e-6);
    await page.waitForSelector('#record:visible');
    assert.equal(await page.evaluate(() => globalThis.track.readyState), 'ended');
  }

  test('unplugged: the verdict on what was heard', () =>
    chromium.withPage(async (page) => {
      await record(page);
      await page.evaluate(() => globalThis.track.dispatchEvent(new Event('ended')));
      await assertHeard(page, 5);
    }));

  test('audio that the system suspends goes on', () =>
    chromium.withPage(async (page) => {
      await record(page);
      await page.evaluate(() => globalThis.context.suspend());
      await recorded(page, 8);
      await page.click('#stop');
      await assertHeard(page, 7);
    }));

  for (const how of /** @type {const} */ (['suspend', 'close'])) {
    test(`audio that is gone for good (${how}): the verdict on what was heard`, () =>
      chromium.withPage(async (page) => {
        await record(page);
        await page.evaluate(async (method) => {
          globalThis.context.resume = () => Promise.reject(new DOMException('', 'InvalidStateError'));
          await globalThis.context[method]();
        }, how);
        await page.click('#stop');
        await assertHeard(page, 5);
      }));
  }
});

describe('a permission that is taken back', () => {
  const asking = browserTest([
    '--use-fake-device-for-media-stream',
    ...microphoneOf(spoken.path, { loop: true }).slice(2),
  ]);

  test('while recording: the verdict on what was heard', () =>
    asking.withPage(async (page) => {
      await asking.openSite(page);
      const permit = await asking.microphonePermission(page);
      await permit('granted');
      await page.click('#record');
      await recorded(page, 5);
      await permit('denied');
      await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
      assert.ok((await savedResult(page)).duration > 4);
      await page.click('#record');
      await page.waitForSelector('#microphone-help[data-code=microphone-denied]:visible');
    }));
});

describe('a tab that is frozen', () => {
  /** @param {Page} page for two seconds */
  async function freeze(page) {
    const session = await page.context().newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await session.send('Page.setWebLifecycleState', { state: 'active' });
  }

  test('while a file is analysed', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await page.setInputFiles('#file', longFile(20));
      await page.waitForSelector('#result[data-state=working]');
      await freeze(page);
      await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
      assert.ok((await savedResult(page)).segments.length > 590);
    }));

  test('while it records', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await page.click('#record');
      await recorded(page, 3);
      await freeze(page);
      await recorded(page, 5);
      await page.click('#stop');
      await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
      const { duration, engine } = await savedResult(page);
      const sound = await saved(page, '[data-save=audio]');
      assert.ok(Math.abs((sound.bytes.length - 58) / 4 / engine.sampleRate - duration) < 1e-6);
    }));
});

describe('clocks', () => {
  const hours = 3_600_000;
  for (const by of [5 * hours, -5 * hours]) {
    test(`set ${by > 0 ? 'forwards' : 'backwards'}: nothing absurd is said, and the verdict is the same`, () =>
      chromium.withPage(async (page) => {
        await page.addInitScript(() => {
          globalThis.jump = 0;
          for (const clock of [Date, performance]) {
            const now = clock.now.bind(clock);
            clock.now = () => now() + globalThis.jump;
          }
        });
        await chromium.openSite(page);
        await keepHistory(page);
        await page.evaluate(() => {
          globalThis.said = [];
          new MutationObserver(() => {
            for (const at of ['#progress-text', '#recordings .hint', '#technical', '#recording-time']) {
              const text = document.querySelector(at)?.textContent;
              if (text && globalThis.said.at(-1) !== text) globalThis.said.push(text);
            }
          }).observe(document, { subtree: true, childList: true, characterData: true });
        });
        const jump = () =>
          page.evaluate((step) => {
            globalThis.jump += step;
          }, by);
        await judge(page, angry);
        await page.waitForSelector('#keep:disabled'); // nothing is left to be drawn
        await jump();
        await page.setInputFiles('#file', longFile(20));
        await page.waitForFunction(() => /left$/.test(document.querySelector('#progress-text')?.textContent ?? ''));
        await jump();
        const done = () => page.$eval('#progress', (node) => /** @type {HTMLProgressElement} */ (node).value);
        const before = await done();
        await page.waitForFunction(
          (least) =>
            /** @type {HTMLProgressElement} */ (document.querySelector('#progress')).value > least &&
            / left$/.test(document.querySelector('#progress-text')?.textContent ?? ''),
          before,
        );
        await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
        assert.ok((await savedResult(page)).segments.length > 590);
        await page.click('#record');
        await recorded(page, 2);
        await jump();
        await recorded(page, 5);
        await page.click('#stop');
        await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
        /** @type {string[]} */
        const said = await page.evaluate(() => globalThis.said);
        assert.ok(said.some((text) => text.endsWith('left')));
        for (const text of said) assert.doesNotMatch(text, /NaN|Infinity|undefined|[-−]\d|\d{2,} minutes left/);
        await openView(page, 'history');
        await page.waitForSelector('#history-list tbody tr >> nth=1');
      }));
  }
});

describe('two tabs', () => {
  /** @param {(one: Page, two: Page) => Promise<void>} body */
  const inTwo = (body) =>
    chromium.withPage(async (one) => {
      const two = await one.context().newPage();
      await two.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'));
      for (const page of [one, two]) await chromium.openSite(page);
      await body(one, two);
    });

  test('both analyse, and both record', () =>
    inTwo(async (...pages) => {
      await Promise.all(pages.map((page, i) => page.setInputFiles('#file', i ? angry : longFile(5))));
      await Promise.all(pages.map((page) => page.waitForSelector('#result[data-state=done][data-emotion=angry]')));
      assert.ok((await savedResult(pages[0])).segments.length > 140);
      assert.equal((await savedResult(pages[1])).segments.length, 1);
      await Promise.all(
        pages.map(async (page) => {
          await page.click('#record');
          await recorded(page, 5);
          await page.click('#stop');
          await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
        }),
      );
    }));

  test('the history of one is that of the other', () =>
    inTwo(async (one, two) => {
      await openView(two, 'history');
      await keepHistory(one);
      await two.waitForSelector('#history-on:checked');
      await judge(one, [angry, data('formats/angry.flac')]);
      await two.waitForSelector('#history-list tbody tr >> nth=1');
      await two.click('[aria-label="Delete angry.flac"]');
      await one.waitForSelector('#keep:enabled'); // it can be kept again
      await two.uncheck('#history-on');
      await one.waitForSelector('#history-on:not(:checked)', { state: 'attached' });
      await judge(one, data('formats/angry.mp3'));
      assert.deepEqual(
        (await kept(one, 'recordings')).map(({ name }) => name),
        ['angry.wav'],
      );
    }));

  test('settings of one do not undo those of the other', () =>
    inTwo(async (one, two) => {
      for (const [page, id, value] of /** @type {const} */ ([
        [one, '#hop', '1'],
        [two, '#threshold', '40'],
      ])) {
        await openView(page, 'settings');
        await page.click('#advanced summary');
        if (id === '#hop') await page.selectOption(id, value);
        else await page.fill(id, value);
      }
      for (const page of [one, two]) {
        await page.waitForFunction(() => /** @type {any} */ (document.querySelector('#threshold')).value === '40');
        assert.equal(await page.inputValue('#hop'), '1');
      }
      assert.deepEqual(
        await one.evaluate(() => {
          const { hop, threshold } = JSON.parse(String(localStorage.getItem('emovox.settings')));
          return { hop, threshold };
        }),
        { hop: 1, threshold: 0.4 },
      );
    }));

  test('who is known in one is known in the other, and who is deleted stays away', () =>
    inTwo(async (one, two) => {
      await enroll(one, 'Ann', /Ann is known now/);
      await openView(one, 'listen');
      await assertJudges(one);
      await openView(two, 'listen');
      await two.selectOption('#speaker', { label: 'Ann' });
      const [first] = await kept(one, 'profiles');
      await assertJudges(two);
      assert.match(String(await two.textContent('#technical')), /adapted to Ann/);
      const [second] = await kept(one, 'profiles');
      assert.notDeepEqual(second.bytes, first.bytes);
      assert.ok(second.seconds > first.seconds);
      await assertJudges(one, 'formats/angry.flac'); // goes on from what the other has learnt
      const [third] = await kept(one, 'profiles');
      assert.ok(third.seconds > second.seconds, `${third.seconds} s`);
      await openView(one, 'speakers');
      await two.setInputFiles('#file', longFile(20));
      await two.waitForSelector('#result[data-state=working]');
      await one.click('[aria-label="Delete Ann"]');
      await two.waitForFunction(() => document.querySelectorAll('#speaker option').length === 1);
      assert.equal(await two.getAttribute('#result', 'data-state'), 'working');
      await two.waitForSelector('#result[data-state=done][data-emotion=angry]');
      assert.deepEqual(await kept(two, 'profiles'), []);
    }));
});

describe('memory that does not grow', () => {
  test('the large model says so; the small one works', () =>
    chromium.withPage(async (page) => {
      const names = readdirSync(join(site, 'assets'));
      /** @type {Map<string, string>} */
      const hashes = new Map();
      const sha256 = (/** @type {Buffer} */ bytes) => createHash('sha256').update(bytes).digest('hex');
      for (const name of names.filter((name) => name.endsWith('.wasm'))) {
        const bytes = readFileSync(join(site, 'assets', name));
        const poor = starved(bytes, 200); // of 64 KiB: the large file fits in once, not twice
        hashes.set(sha256(bytes), sha256(poor));
        await page.route(`**/${name}`, (route) => route.fulfill({ body: poor }));
      }
      await page.route('**/index-*.js', async (route) => {
        const response = await route.fetch();
        let body = await response.text();
        for (const [whole, poor] of hashes) body = body.replace(whole, poor);
        await route.fulfill({ response, body });
      });
      await page.goto(`${chromium.url}site/?model=large`);
      await page.waitForSelector('body[data-error=memory]');
      assert.match(String(await page.textContent('#status')), /Not enough memory: close other/);
      await page.setInputFiles('#file', angry);
      assert.equal((await shownResult(page)).error, 'memory');
      await openView(page, 'settings');
      await page.check('#model-small');
      await page.waitForSelector('body[data-ready]:not([data-error])');
      await openView(page, 'listen');
      await assertJudges(page);
    }, faulty));
});

describe('damaged recordings', () => {
  const files = hostileFiles();

  test(`${files.length}, each with the same object: an error that is documented, or a plausible result`, () =>
    chromium.withPage(async (page) => {
      /** @type {string[]} */
      const printed = [];
      page.on('console', (message) => printed.push(message.text()));
      await chromium.openLibrary(page);
      await page.evaluate(async () => {
        globalThis.emovox = await globalThis.Emovox.create();
      });
      for (const { name, bytes, whole } of files) {
        const outcome = await page.evaluate(
          ([base64]) => {
            const file = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
            return globalThis.emovox.analyze(file).catch(({ code, message }) => ({ error: { code, message } }));
          },
          [bytes.toString('base64')],
        );
        assertPlausible(name, outcome);
        if (whole && !/aiff/.test(name)) assert.equal(outcome.emotion, 'angry', name);
      }
      assert.deepEqual(printed, []);
    }));

  test('four hours', () =>
    chromium.withPage(async (page) => {
      await chromium.openLibrary(page);
      const { emotion, duration, segments } = await page.evaluate(
        async ([header, zeros]) => {
          const emovox = await globalThis.Emovox.create();
          const minute = new Blob([new Uint8Array(960_000)]);
          const head = Uint8Array.from(header);
          return emovox.analyze(new Blob([head, ...Array(zeros / minute.size).fill(minute)]));
        },
        /** @type {const} */ ([[...fourHours.header], fourHours.zeros]),
      );
      assert.deepEqual([emotion, duration, segments.length], ['no speech', 14_400, 7199]);
    }));
});

test('misuse of the library: errors with a code, and it works on', () =>
  chromium.withPage(async (page) => {
    await chromium.openLibrary(page);
    assertMisuse(await page.evaluate(misuse, [...readFileSync(angry)]));
    const listening = await page.evaluate(async () => {
      const code = (/** @type {Promise<unknown>} */ promise) =>
        promise.then(
          () => 'none',
          ({ code }) => code,
        );
      const emovox = await globalThis.Emovox.create();
      let heard = () => {};
      const sound = new Promise((resolve) => {
        heard = () => resolve(undefined);
      });
      const recording = await emovox.listen({ onLevel: () => heard() });
      await sound;
      const codes = {
        twice: await code(emovox.listen()),
        aborted: await code(emovox.listen({ signal: AbortSignal.abort() })),
        'enroll nobody': await code(emovox.listen({ enroll: true })),
        'no stream': await code(emovox.listen({ stream: {} })),
        'an empty stream': await code(emovox.analyze(new MediaStream())),
      };
      const [one, two] = [recording.stop(), recording.stop()];
      codes.stopped = `${await code(one)} ${await code(two)}`;
      recording.pause();
      recording.resume();
      codes.peeked = await code(recording.peek());
      const closing = await emovox.listen();
      await emovox.close();
      codes.closed = `${await code(closing.finished)} ${await code(closing.stop())} ${await code(emovox.listen())}`;
      return codes;
    });
    assert.deepEqual(listening, {
      twice: 'bad-input',
      aborted: 'aborted',
      'enroll nobody': 'bad-input',
      'no stream': 'bad-option',
      'an empty stream': 'bad-input',
      stopped: 'too-short too-short',
      peeked: 'too-short',
      closed: 'closed closed closed',
    });
  }));
