// SPDX-License-Identifier: MIT
//
// A real headless Chromium, and dist/ served with the strict headers: the page at site/, the library at lib/.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from '../../src/deps/setup.mjs';
import { contentSecurityPolicy, pageHeaders } from '../../web/scripts/policy.mjs';
import { serve } from '../../web/scripts/serve.mjs';
import { makeWav, readWav, resample } from '../node/audio.js';

export const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** The page, as it is built. */
export const site = fileURLToPath(new URL('../../dist/site', import.meta.url));

/** Long enough for a busy machine; nothing is expected to come near. */
export const patience = 60_000;

/** @param {string} name of a file in tests/data */
export const data = (name) => fileURLToPath(new URL(`../data/${name}`, import.meta.url));

/** The headers for what lies below dist/: those of the page for its files; the library is held to its own policy. */
export const headersByPath = (/** @type {string} */ path) => (path.startsWith('/site/') ? pageHeaders() : {});

/**
 * Starts a server and a browser for a test file.
 *
 * @param {string[]} [flags] for the browser
 */
export function browserTest(flags = []) {
  /** @type {import('playwright-core').Browser} */ let browser;
  /** @type {Awaited<ReturnType<typeof serve>>} */ let server;

  before(async () => {
    server = await serve(fileURLToPath(new URL('../../dist', import.meta.url)), 0, headersByPath);
    browser = await chromium.launch({ executablePath: findChromium(), args: [...quiet, ...flags] });
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  return {
    get browser() {
      return browser;
    },
    get url() {
      return server.url;
    },

    /** Every request that reaches the server from now on: the browser's own log leaves out those of audio worklets. */
    watchRequests() {
      /** @type {string[]} */
      const urls = [];
      server.server.on('request', ({ url }) => urls.push(String(url)));
      return urls;
    },

    /**
     * Runs a test in a fresh page, which must neither log an error nor break the content security policy.
     *
     * @param {(page: import('playwright-core').Page) => Promise<void>} body
     * @param {{expectErrors?: boolean, serviceWorker?: boolean}} [options] serviceWorker: the page may have its own;
     *   otherwise it finds a browser without, so that what it requests is seen
     */
    async withPage(body, { expectErrors = false, serviceWorker = false } = {}) {
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        if (!serviceWorker) {
          await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'));
        }
        page.setDefaultTimeout(patience);
        /** @type {string[]} */
        const complaints = [];
        page.on('pageerror', (error) => complaints.push(String(error)));
        page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
        await body(page);
        if (!expectErrors && complaints.length > 0) throw new Error(`The page complains: ${complaints.join('\n')}`);
      } finally {
        await context.close();
      }
    },

    /**
     * @param {import('playwright-core').Page} page
     * @returns {Promise<(setting: 'denied' | 'granted') => Promise<unknown>>} says whether the page may record
     */
    async microphonePermission(page) {
      const session = await browser.newBrowserCDPSession();
      const { targetInfo } = await (await page.context().newCDPSession(page)).send('Target.getTargetInfo');
      const { browserContextId } = targetInfo;
      const permission = { name: 'microphone' };
      return (setting) => session.send('Browser.setPermission', { permission, setting, browserContextId });
    },

    /**
     * Opens the page and waits until the engine is there.
     * @param {import('playwright-core').Page} page
     */
    async openSite(page) {
      await page.goto(`${server.url}site/`);
      await page.waitForSelector('body[data-ready], body[data-error]');
    },

    /**
     * Opens an empty page of the same origin and policy, with the library as window.Emovox.
     * @param {import('playwright-core').Page} page
     */
    async openLibrary(page) {
      await page.route(`${server.url}empty`, (route) =>
        route.fulfill({
          contentType: 'text/html',
          headers: { 'content-security-policy': contentSecurityPolicy },
          body: '<!doctype html><title>empty</title>',
        }),
      );
      await page.goto(`${server.url}empty`);
      await page.evaluate(async (url) => {
        Object.assign(globalThis, await import(url));
      }, `${server.url}lib/emovox.js`);
    },
  };
}

/**
 * Serves a folder below /some/path/, and counts and alters what is asked for.
 * @param {string} from
 */
export async function serveSite(from) {
  const live = temporary('live');
  const replace = (/** @type {string} */ source) => {
    rmSync(live, { recursive: true, force: true });
    cpSync(source, join(live, 'some/path'), { recursive: true });
  };
  replace(from);
  const { server, url, close } = await serve(live, 0, pageHeaders());
  const [answer] = server.listeners('request');
  /** @type {import('node:http').IncomingMessage[]} */
  const requests = [];
  const served = {
    url: `${url}some/path/`,
    replace,
    requests,
    /** What happens instead of a plain answer, if it says so. @type {(...args: any[]) => boolean} */
    intercept: () => false,
    close,
  };
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    requests.push(request);
    if (!served.intercept(request, response)) answer(request, response);
  });
  return served;
}

/** @param {import('playwright-core').Page} page waits until everything is stored and the service worker answers */
export async function stored(page) {
  await page.evaluate(async () => {
    // The page does it as well, in its own time.
    await navigator.serviceWorker.register('./sw.js', { updateViaCache: 'none' });
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller) return;
    await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
  });
}

/**
 * @param {import('playwright-core').Page} page
 * @returns {Promise<{state: string, emotion?: string, agreement?: string, error?: string, text: string}>} once settled
 */
export async function shownResult(page) {
  await page.waitForSelector('#result[data-state=done], #result[data-state=failed]');
  return page.$eval('#result', (node) => ({ .../** @type {any} */ (node).dataset, text: node.textContent }));
}

/**
 * What the page saves when it is clicked there.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} selector
 * @returns {Promise<{name: string, path: string, bytes: Buffer}>}
 */
export async function saved(page, selector) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(selector)]);
  const path = await download.path();
  return { name: download.suggestedFilename(), path, bytes: readFileSync(path) };
}

/**
 * The result as the page saves it.
 * @param {import('playwright-core').Page} page
 */
export const savedResult = async (page) => JSON.parse(String((await saved(page, '#download')).bytes));

/**
 * Opens files and waits for their verdicts.
 *
 * @param {import('playwright-core').Page} page
 * @param {Parameters<import('playwright-core').Page['setInputFiles']>[1]} files
 */
export async function judge(page, files) {
  const before = await page.locator('#recordings li').count();
  await page.setInputFiles('#file', files);
  await settled(page, before + (Array.isArray(files) ? files.length : 1));
}

/**
 * Lets go of files over the page, or pastes them.
 *
 * @param {import('playwright-core').Page} page
 * @param {'drop' | 'paste'} how
 * @param {{name: string, mimeType: string, buffer: Buffer}[]} files their names may be any text
 * @returns {Promise<boolean>} whether the page showed where to let go
 */
export const give = (page, how, files) =>
  page.evaluate(
    ([type, all]) => {
      const data = new DataTransfer();
      for (const { name, mimeType, base64 } of all) {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        data.items.add(new File([bytes], name, { type: mimeType }));
      }
      const options = { bubbles: true, cancelable: true };
      if (type === 'paste') {
        document.body.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: data }));
        return false;
      }
      const seen = () => !(/** @type {HTMLElement} */ (document.querySelector('#dropping')).hidden);
      const over = new DragEvent('dragenter', { ...options, dataTransfer: data });
      document.body.dispatchEvent(over);
      const before = seen();
      document.body.dispatchEvent(new DragEvent('drop', { ...options, dataTransfer: data }));
      return before && over.defaultPrevented && !seen();
    },
    /** @type {const} */ ([how, files.map(({ buffer, ...file }) => ({ ...file, base64: buffer.toString('base64') }))]),
  );

/**
 * Waits until so many recordings are in the list, and all of them are done or have failed.
 *
 * @param {import('playwright-core').Page} page
 * @param {number} count
 */
export async function settled(page, count) {
  await page.waitForFunction((expected) => {
    const states = [...document.querySelectorAll('#recordings li')].map((item) => item.getAttribute('data-state'));
    return states.length === expected && states.every((state) => state === 'done' || state === 'failed');
  }, count);
}

/**
 * Shows a recording of the list.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export async function show(page, name) {
  const has = page.getByText(name, { exact: true });
  await page.locator('#recordings .entry', { has }).first().click();
  await page.waitForFunction((title) => document.querySelector('#result-title')?.textContent === title, name);
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} view its name in the address
 */
export async function openView(page, view) {
  await page.click(`nav [data-view=${view}]`);
  await page.waitForSelector(`#view-${view}:visible`);
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {string} value
 */
export async function set(page, name, value) {
  await openView(page, 'settings');
  await page.$eval('#advanced', (node) => /** @type {HTMLDetailsElement} */ (node).setAttribute('open', ''));
  if (name === 'threshold') await page.fill('#threshold', value);
  else await page.selectOption(`#${name}`, value);
  await openView(page, 'listen');
}

/**
 * Whether a result is the native build's.
 *
 * @param {any} result as the page saves it
 * @param {any} native
 * @param {number} within how far probabilities may differ; labels and votes may not, where it is next to nothing
 */
export function assertSame(result, native, within) {
  assert.equal(result.emotion, native.emotion);
  assert.equal(result.segments.length, native.segments.length);
  const near = (/** @type {any} */ ours, /** @type {any} */ theirs, /** @type {string} */ where) => {
    for (const [label, probability] of Object.entries(theirs.probabilities)) {
      const difference = Math.abs(ours.probabilities[label] - probability);
      assert.ok(difference <= within, `${label} ${where} differs by ${difference}`);
    }
  };
  near(result, native, 'on average');
  for (const [i, segment] of native.segments.entries()) {
    assert.ok(Math.abs(result.segments[i].start - segment.start) < 1e-6);
    near(result.segments[i], segment, `at ${segment.start} s`);
    if (within < 0.01) assert.equal(result.segments[i].label, segment.label);
  }
  if (within < 0.01) assert.deepEqual([result.votes, result.agreement], [native.votes, native.agreement]);
  assert.ok(
    Math.abs(result.probability - native.probability) <= within,
    `${result.probability}, ${native.probability}`,
  );
}

/** How far the probabilities of a file may be from the native build's: lossy ones sound a little different. */
export const tolerance = (/** @type {string} */ name) => (/\.(wav|flac)$/.test(name) ? 1e-4 : 0.1);

/**
 * One clip over and over: a file that takes a while.
 *
 * @param {number} minutes
 * @returns {string} its path
 */
export function longFile(minutes) {
  const { samples, sampleRate } = readWav(data('formats/angry.wav'));
  const times = Math.ceil((minutes * 60 * sampleRate) / samples.length);
  const clip = makeWav(samples, sampleRate);
  const header = Buffer.from(clip.subarray(0, 44));
  const body = clip.subarray(44);
  header.writeUInt32LE(36 + times * body.length, 4);
  header.writeUInt32LE(times * body.length, 40);
  const path = temporary(`${minutes}-minutes.wav`);
  writeFileSync(path, Buffer.concat([header, ...Array(times).fill(body)]));
  return path;
}

/**
 * @param {string} name of a file that a test makes
 * @returns {string} its path, which goes with the process
 */
export function temporary(name) {
  const folder = fileURLToPath(new URL(`../../build/tests/${process.pid}`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

/** Half a second of silence, as the browser loses the beginning, then twelve seconds of angry speech. */
export function spokenFile() {
  const { samples, sampleRate } = readWav(data('formats/angry.wav'));
  const clip = resample(samples, sampleRate, 48000);
  const pause = 24000;
  const all = new Float32Array(pause + 4 * clip.length);
  for (let i = 0; i < 4; i++) all.set(clip, pause + i * clip.length);
  const path = temporary('spoken.wav');
  writeFileSync(path, makeWav(all, 48000));
  return { path, seconds: all.length / 48000 };
}

/** Flags for a microphone that plays a file: once, or over and over. */
export const microphoneOf = (/** @type {string} */ path, { loop = false } = {}) => [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-audio-capture=${path}${loop ? '' : '%noloop'}`,
];

/**
 * Waits until the page has recorded so long.
 *
 * @param {import('playwright-core').Page} page
 * @param {number} seconds less than ten minutes
 */
export async function recorded(page, seconds) {
  await page.waitForFunction((expected) => {
    const [minutes, rest] = (document.querySelector('#recording-time')?.textContent ?? '').split(':').map(Number);
    return minutes * 60 + rest >= expected;
  }, seconds);
}

/**
 * Makes the engine's worker crash, as a fault in it would.
 * @param {import('playwright-core').Page} page
 */
export const crashEngine = (page) =>
  page.workers()[0].evaluate(() => {
    setTimeout(() => {
      throw new Error('crash');
    });
  });

/**
 * Makes it vanish without a word, as a browser does that wants its memory.
 * @param {import('playwright-core').Page} page
 */
export const vanishEngine = (page) => page.workers()[0].evaluate(() => close());
