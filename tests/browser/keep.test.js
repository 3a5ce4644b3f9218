// SPDX-License-Identifier: MIT
//
// What is taken away from the page: every export, its content and its name, and the report.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { toAudacityLabels, toCsv, toWebVtt } from 'emovox/export';
import { browserTest, data, give, judge, openView, saved, savedResult, settled, show } from './harness.js';

/** @typedef {import('playwright-core').Page} Page */

const chromium = browserTest();
const angry = readFileSync(data('formats/angry.wav'));
const schema = JSON.parse(readFileSync(new URL('../../dist/lib/result.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020().compile(schema);

/** @param {Page} page @param {string} format */
const save = (page, format) => saved(page, `#result [data-save=${format}]`);

test('every export', () =>
  chromium.withPage(async (page) => {
    await page.addInitScript(() => {
      globalThis.printed = 0;
      window.print = () => globalThis.printed++;
    });
    await chromium.openSite(page);
    await judge(page, data('speech/long.opus'));

    const json = await save(page, 'json');
    assert.equal(json.name, 'long.emovox.json');
    const { file, ...result } = JSON.parse(String(json.bytes));
    assert.equal(file, 'long.opus');
    assert.ok(validate(result), JSON.stringify(validate.errors));
    assert.ok(result.segments.length > 10);
    for (const [format, name, text] of [
      ['csv', 'long.csv', toCsv(result)],
      ['vtt', 'long.vtt', toWebVtt(result)],
      ['audacity', 'long.labels.txt', toAudacityLabels(result)],
    ]) {
      const download = await save(page, format);
      assert.equal(download.name, name);
      assert.equal(String(download.bytes), text);
    }
    const sound = await save(page, 'audio');
    assert.equal(sound.name, 'long.opus');
    assert.deepEqual(sound.bytes, readFileSync(data('speech/long.opus')));

    const picture = await save(page, 'png');
    assert.equal(picture.name, 'long.png');
    const { width, height, colours } = await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const { width, height } = bitmap;
      const ctx = /** @type {any} */ (new OffscreenCanvas(width, height).getContext('2d'));
      ctx.drawImage(bitmap, 0, 0);
      // In each of its parts there is something to see: words, waveform, strip, distribution, plane.
      const colours = [
        [0, 0, width, 270],
        [0, 300, width, 220],
        [0, 530, width, 80],
        [0, 700, 1440, 740],
        [1560, 680, 760, 760],
      ].map(([x, y, w, h]) => new Set(new Uint32Array(ctx.getImageData(x, y, w, h).data.buffer)).size);
      return { width, height, colours };
    }, picture.bytes.toString('base64'));
    assert.deepEqual([width, height], [2400, 1520]);
    assert.ok(
      colours.every((count) => count > 10),
      String(colours),
    );

    await page.click('[data-save=print]');
    assert.equal(await page.evaluate(() => globalThis.printed), 1);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.isVisible('#report'), true);
    assert.equal(await page.isVisible('main'), false);
    assert.match(String(await page.textContent('#report')), /emovox report: long\.opus.*neither a lie detector/s);
    assert.equal(await page.locator('#report canvas').count(), 1);
    const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
    assert.equal(pdf.match(/\/Type \/Page\b/g)?.length, 1);
    assert.match(pdf, /\/Subtype \/Image/);
  }));

test('hostile names: harmless on the disk', () =>
  chromium.withPage(async (page) => {
    await chromium.openSite(page);
    const names = [
      '../../etc/passwd.wav',
      'C:\\Windows\\x.wav',
      'say "so": <b>?*|.wav',
      'שלום \u202Evaw.exe.wav',
      'new\nline\u0000.wav',
      '🎤 głos.wav',
      '.wav',
      '...',
      'no ending',
      `${'long '.repeat(100)}.wav`,
    ];
    const files = names.map((name) => ({ name, mimeType: 'audio/wav', buffer: angry }));
    await give(page, 'drop', files);
    await settled(page, names.length);
    for (const [i, name] of names.entries()) {
      await page
        .locator('#recordings .entry')
        .nth(names.length - 1 - i)
        .click();
      await page.waitForFunction((title) => document.querySelector('#result-title')?.textContent === title, name);
      await page.waitForTimeout(300); // Chromium ignores more than ten downloads in a second
      const all = [await save(page, 'json'), await save(page, 'audio')];
      for (const [k, ending] of ['.emovox.json', name.endsWith('.wav') ? '.wav' : ''].entries()) {
        const given = all[k].name;
        assert.ok(given.endsWith(ending) && given.length > ending.length, `${name}: ${given}`);
        assert.doesNotMatch(given, /[\\/:*?"<>|\p{Cc}\u202E]|^[.\s]/u);
        assert.ok(Buffer.byteLength(given) <= 255, `${given} is too long`);
      }
      assert.equal(JSON.parse(String(all[0].bytes)).file, name);
      assert.deepEqual(all[1].bytes, angry);
    }
  }));

test('a name is text, wherever it is shown', () =>
  chromium.withPage(async (page) => {
    const name = '<img src=x onerror=alert(1)>.wav';
    page.on('dialog', (dialog) => assert.fail(dialog.message()));
    await chromium.openSite(page);
    await openView(page, 'history');
    await page.check('#history-on');
    await openView(page, 'listen');
    await give(page, 'drop', [
      { name, mimeType: 'audio/wav', buffer: angry },
      { name: `2${name}`, mimeType: 'audio/wav', buffer: angry },
      { name: `3${name}`, mimeType: 'text/plain', buffer: Buffer.from('<b>no audio') },
    ]);
    await settled(page, 3);
    await show(page, name);
    assert.equal(await page.textContent('#recordings li:last-child .file'), name);
    assert.equal((await savedResult(page)).file, name);
    await page.evaluate(() => {
      window.print = () => {};
    });
    await page.click('[data-save=print]');
    assert.ok((await page.textContent('#report h1'))?.includes(name));
    for (const item of [2, 3]) await page.check(`#recordings li:nth-child(${item}) .compare input`);
    await openView(page, 'compare');
    assert.deepEqual(await page.locator('.compared h2').allTextContents(), [`1 · ${name}`, `2 · 2${name}`]);
    await openView(page, 'history');
    await page.waitForSelector('#history-list tbody tr:nth-child(2)');
    assert.deepEqual((await page.locator('#history-list th button').allTextContents()).sort(), [`2${name}`, name]);
    assert.equal(await page.locator('img[src=x]').count(), 0);
  }));
