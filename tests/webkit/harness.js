// SPDX-License-Identifier: MIT
//
// A real WebKit (WebKitGTK's MiniBrowser, on a screen that nobody sees), driven over the WebDriver protocol, and the page
// served with the strict headers.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../src/deps/setup.mjs';
import { pageHeaders } from '../../web/scripts/policy.mjs';
import { serve } from '../../web/scripts/serve.mjs';
import { patience } from '../browser/harness.js';

/** What a WebDriver calls an element. */
const elementKey = 'element-6066-11e4-a52e-4f735466cecf';

/** MiniBrowser as the driver itself starts it, and with a microphone that beeps. */
const capabilities = {
  alwaysMatch: {
    'webkitgtk:browserOptions': {
      args: ['--automation', '--enable-media-stream=true', '--enable-mock-capture-devices=true'],
    },
  },
};

/** Starts a server and what a browser needs for a test file. */
export function webkitTest() {
  /** @type {import('node:child_process').ChildProcess[]} */ const programs = [];
  /** @type {Awaited<ReturnType<typeof serve>>} */ let server;
  /** @type {string} */ let driver;
  /** @type {string} */ let session;

  before(async () => {
    server = await serve(join(root, 'dist/site'), 0, pageHeaders());
    const screen = spawn('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    programs.push(screen);
    const [display] = await once(/** @type {import('node:stream').Readable} */ (screen.stdio[3]), 'data');
    const port = await freePort();
    const env = { ...process.env, DISPLAY: `:${String(display).trim()}` };
    programs.push(spawn('WebKitWebDriver', [`--port=${port}`], { env, stdio: 'ignore' }));
    driver = `http://127.0.0.1:${port}`;
    while (!(await fetch(`${driver}/status`).catch(() => null))) await sleep(50);
  });
  after(async () => {
    for (const program of programs) program.kill();
    await server?.close();
  });

  /**
   * @param {'GET' | 'POST' | 'DELETE'} method
   * @param {string} path
   * @param {object} [body]
   */
  const call = async (method, path, body) => {
    const response = await fetch(`${driver}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  /** @param {string} selector */
  const find = async (selector) => {
    const element = await call('POST', `${session}/element`, { using: 'css selector', value: selector });
    return `${session}/element/${element[elementKey]}`;
  };

  const browser = {
    get server() {
      return server;
    },

    /** Runs a test in a fresh browser. @param {() => Promise<void>} body */
    async withBrowser(body) {
      const { sessionId } = await call('POST', '/session', { capabilities });
      session = `/session/${sessionId}`;
      try {
        await body();
      } finally {
        await call('DELETE', session);
      }
    },

    /** Opens the page and waits until the engine is there. */
    async openSite() {
      await call('POST', `${session}/url`, { url: server.url });
      await browser.waitFor('body[data-ready], body[data-error]');
    },

    /**
     * Runs in the page.
     * @param {(...args: any[]) => unknown} body may be asynchronous
     * @param {unknown[]} args
     */
    evaluate: (body, ...args) =>
      call('POST', `${session}/execute/sync`, { script: `return (${body})(...arguments)`, args }),

    /** @param {string} selector of what shall be seen */
    async waitFor(selector) {
      const found = (/** @type {string} */ sought) => document.querySelector(sought)?.checkVisibility() === true;
      for (let waited = 0; !(await browser.evaluate(found, selector)); waited += 100) {
        if (waited > patience) throw new Error(`There is no ${selector}.`);
        await sleep(100);
      }
    },

    /** @param {string} path chosen as a user would */
    choose: async (path) => call('POST', `${await find('#file')}/value`, { text: path }),
    /** @param {string} selector */
    click: async (selector) => call('POST', `${await find(selector)}/click`, {}),

    /** @returns {Promise<Record<string, string>>} what #result says once settled */
    async shownResult() {
      await browser.waitFor('#result[data-state=done], #result[data-state=failed]');
      return browser.evaluate(() => ({ .../** @type {HTMLElement} */ (document.querySelector('#result')).dataset }));
    },
  };
  return browser;
}

/** @returns {Promise<number>} a port that was free a moment ago */
async function freePort() {
  const { url, close } = await serve(root);
  await close();
  return Number(new URL(url).port);
}
