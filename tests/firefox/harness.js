// SPDX-License-Identifier: MIT
//
// A real headless Firefox, and the page served with the strict headers. Its microphone is a PulseAudio of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';
import { findFirefox, root } from '../../src/deps/setup.mjs';
import { pageHeaders } from '../../web/scripts/policy.mjs';
import { serve } from '../../web/scripts/serve.mjs';
import { patience } from '../browser/harness.js';

/** Starts a server and a browser for a test file. */
export function firefoxTest() {
  const folder = mkdtempSync(join(tmpdir(), 'emovox-firefox-'));
  /** @type {Awaited<ReturnType<typeof startSound>>} */ let sound;
  /** @type {Awaited<ReturnType<typeof serve>>} */ let server;
  /** @type {import('puppeteer-core').Browser} */ let browser;

  before(async () => {
    sound = await startSound(folder);
    server = await serve(join(root, 'dist/site'), 0, pageHeaders());
    browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: findFirefox(),
      env: { ...process.env, ...sound.env },
      protocolTimeout: patience,
      extraPrefsFirefox: {
        'media.navigator.permission.disabled': true, // yes to the question about the microphone
        'browser.download.folderList': 2,
        'browser.download.dir': folder,
      },
    });
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await sound?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    get server() {
      return server;
    },
    /** Says a recording into the microphone. @type {(path: string) => Promise<unknown>} */
    say: (path) => sound.play(path),

    /**
     * Runs a test in a fresh page, which must not log an error.
     * @param {(page: import('puppeteer-core').Page) => Promise<void>} body
     */
    async withPage(body) {
      const context = await browser.createBrowserContext();
      try {
        const page = await context.newPage();
        page.setDefaultTimeout(patience);
        /** @type {string[]} */
        const complaints = [];
        page.on('pageerror', (error) => complaints.push(String(error)));
        page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
        await body(page);
        if (complaints.length > 0) throw new Error(`The page complains: ${complaints.join('\n')}`);
      } finally {
        await context.close();
      }
    },

    /** @param {import('puppeteer-core').Page} page opened, with the engine there */
    async openSite(page) {
      await page.goto(server.url);
      await page.waitForSelector('body[data-ready], body[data-error]');
    },

    /**
     * @param {string} ending of its name
     * @param {() => Promise<unknown>} start
     * @returns {Promise<string>} the path of the file that the page saves next
     */
    async download(ending, start) {
      const files = () => readdirSync(folder).filter((name) => name.endsWith(ending));
      const known = files();
      await start();
      for (;;) {
        const name = files().find((file) => !known.includes(file));
        // Firefox writes into a .part beside an empty one.
        const path = join(folder, String(name));
        if (name && statSync(path).size > 0 && !existsSync(`${path}.part`)) return path;
        await sleep(50);
      }
    },
  };
}

/**
 * A PulseAudio with a loudspeaker that nobody hears and a microphone that hears it.
 * @param {string} folder
 */
async function startSound(folder) {
  const socket = join(folder, 'socket');
  const modules = [
    'module-null-sink sink_name=air',
    'module-remap-source master=air.monitor source_name=microphone',
    `module-native-protocol-unix socket=${socket} auth-anonymous=1`,
  ].flatMap((module) => ['--load', module]);
  const own = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder };
  const options = ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', ...modules];
  const daemon = spawn('pulseaudio', options, { env: own, stdio: 'ignore' });
  const ended = once(daemon, 'exit');
  while (!existsSync(socket)) {
    if (daemon.exitCode !== null) throw new Error('PulseAudio does not start.');
    await sleep(50);
  }
  const env = { PULSE_SERVER: `unix:${socket}` };
  return {
    env,
    play: (/** @type {string} */ path) =>
      once(spawn('paplay', ['--device=air', path], { env: { ...process.env, ...env }, stdio: 'inherit' }), 'exit'),
    stop: async () => {
      daemon.kill();
      await ended;
    },
  };
}
