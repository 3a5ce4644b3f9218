// SPDX-License-Identifier: MIT
//
// The page behind another tab, where browsers let it run seldom. (Playwright's pages are never hidden.)

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { findChromium } from '../../src/deps/setup.mjs';
import { pageHeaders } from '../../web/scripts/policy.mjs';
import { serve } from '../../web/scripts/serve.mjs';
import { longFile, microphoneOf, patience, quiet, spokenFile } from './harness.js';

/** @typedef {import('puppeteer-core').Page} Page */

/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
/** @type {import('puppeteer-core').Browser} */ let browser;

before(async () => {
  server = await serve(fileURLToPath(new URL('../../dist/site', import.meta.url)), 0, pageHeaders());
  browser = await puppeteer.launch({
    executablePath: findChromium(),
    args: [...quiet, ...microphoneOf(spokenFile().path)],
    ignoreDefaultArgs: ['--disable-background-timer-throttling', '--disable-renderer-backgrounding'],
  });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/**
 * Opens the page, lets it begin, hides it for a while, and shows it again.
 *
 * @param {(page: Page) => Promise<unknown>} begin
 * @param {number} seconds
 * @param {(page: Page) => Promise<void>} then
 */
async function hiddenFor(begin, seconds, then) {
  const page = await browser.newPage();
  page.setDefaultTimeout(patience);
  await page.goto(server.url);
  await page.waitForSelector('body[data-ready]');
  await begin(page);
  const other = await browser.newPage();
  await other.bringToFront();
  assert.equal(await page.evaluate(() => document.visibilityState), 'hidden');
  await sleep(seconds * 1000);
  await other.close();
  await page.bringToFront();
  await then(page);
  await page.close();
}

/** @param {Page} page @returns {Promise<string>} the facts below the verdict, which is angry */
async function verdict(page) {
  await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
  return page.$eval('#technical', (node) => String(node.textContent));
}

test('a long file', () =>
  hiddenFor(
    async (page) => {
      const input = /** @type {import('puppeteer-core').ElementHandle<HTMLInputElement>} */ (await page.$('#file'));
      await input.uploadFile(longFile(20));
      await page.waitForSelector('#result[data-state=working]');
    },
    3,
    async (page) => {
      assert.match(await verdict(page), /^1,20\d\.\d s of audio/);
      const votes = await page.$eval('.distribution [data-label=angry] td', (node) => node.textContent);
      assert.ok(Number(votes) > 590, `${votes} votes`);
      await page.waitForFunction(
        (all) =>
          document
            .querySelector('.wave-surface > div')
            ?.shadowRoot?.querySelector('.strip')
            ?.getAttribute('aria-valuemax') === all,
        { polling: 100 },
        votes,
      ); // drawn as well
    },
  ));

test('a recording', () =>
  hiddenFor(
    async (page) => {
      await page.click('#record');
      await page.waitForSelector('#stop', { visible: true });
    },
    6,
    async (page) => {
      await page.click('#stop');
      const [seconds] = (await verdict(page)).split(' ').map(Number);
      assert.ok(seconds > 6, `${seconds} s recorded`);
    },
  ));
