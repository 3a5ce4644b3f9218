// SPDX-License-Identifier: MIT
//
// A real headless Chromium, and dist/ served with the strict headers: the page at site/, the library at lib/.

import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from '../../src/deps/setup.mjs';
import { contentSecurityPolicy, pageHeaders } from '../../web/scripts/policy.mjs';
import { serve } from '../../web/scripts/serve.mjs';

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** Long enough for a busy machine; nothing is expected to come near. */
export const patience = 240_000;

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
 * @param {import('playwright-core').Page} page
 * @returns {Promise<{state: string, emotion?: string, confidence?: string, error?: string, text: string}>} once settled
 */
export async function shownResult(page) {
  await page.waitForSelector('#result[data-state=done], #result[data-state=failed]');
  return page.$eval('#result', (node) => ({ .../** @type {any} */ (node).dataset, text: node.textContent }));
}

/**
 * The result as the page saves it.
 * @param {import('playwright-core').Page} page
 */
export async function savedResult(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  return JSON.parse(readFileSync(await download.path(), 'utf8'));
}
