// SPDX-License-Identifier: MIT
//
// <emovox-recorder>, as published, under the strictest policy it promises to work with.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { strings } from '../../web/lib/element-strings.js';
import { makeWav, readWav, resample } from '../node/audio.js';
import { browserTest, crashEngine, data } from './harness.js';

const angry = data('formats/angry.wav');
const long = data('speech/long.opus');
const text = { name: 'notes.wav', mimeType: 'audio/wav', buffer: Buffer.from('Dear diary, '.repeat(500)) };
const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'";

/** Half a minute of speech for the microphone. */
const spoken = (() => {
  const { samples, sampleRate } = readWav(angry);
  const clip = resample(samples, sampleRate, 48000);
  const all = new Float32Array(8 * clip.length);
  for (let i = 0; i < 8; i++) all.set(clip, i * clip.length);
  const folder = fileURLToPath(new URL('../../build/tests/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}element.wav`, makeWav(all, 48000));
  return `${folder}element.wav`;
})();

const chromium = browserTest([
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-audio-capture=${spoken}`,
]);

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').Locator} Locator */

/**
 * A page with the element, which notes the element's events and the microphone's tracks.
 *
 * @param {Page} page
 * @param {{markup?: string, lang?: string}} [options]
 * @returns {Promise<Locator>} the first element
 */
async function open(page, { markup = '<emovox-recorder></emovox-recorder>', lang = 'en' } = {}) {
  await page.route(`${chromium.url}element`, (route) =>
    route.fulfill({
      contentType: 'text/html; charset=utf-8',
      headers: { 'content-security-policy': policy },
      body:
        `<!doctype html><html lang="${lang}"><meta name="viewport" content="width=device-width">` +
        '<meta name="color-scheme" content="light dark"><title>A page</title>' +
        `<script type="module" src="/lib/element.js"></script><main><h1>A page</h1>${markup}</main></html>`,
    }),
  );
  await page.addInitScript(() => {
    const events = [];
    const tracks = [];
    Object.assign(globalThis, { events, tracks });
    for (const name of ['segment', 'result', 'progress', 'error']) {
      addEventListener(`emovox-${name}`, ({ detail, target }) =>
        events.push({ name, detail: name === 'error' ? { code: detail.code } : detail, id: target.id }),
      );
    }
    const devices = navigator.mediaDevices;
    const getUserMedia = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      tracks.push(...stream.getTracks());
      return stream;
    };
  });
  await page.goto(`${chromium.url}element`);
  await page.evaluate(() => customElements.whenDefined('emovox-recorder'));
  return page.locator('emovox-recorder').first();
}

/** @param {Locator} element  @param {string} name */
const part = (element, name) => element.locator(`[part~="${name}"]`);

/** @param {Locator} element  @param {Parameters<Locator['setInputFiles']>[0]} file */
const pick = (element, file) => part(element, 'input').setInputFiles(file);

/** @param {Locator} element */
const verdict = (element) => part(element, 'emotion').waitFor();

/** @param {Page} page  @param {string} name */
const eventsOf = (page, name) =>
  page.evaluate((wanted) => globalThis.events.filter((event) => event.name === wanted), name);

/** @param {() => Promise<boolean>} condition */
async function until(condition) {
  const end = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`It never came to: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** @param {Page} page */
const trackStates = (page) => page.evaluate(() => globalThis.tracks.map((track) => track.readyState));

describe('a file', () => {
  test('that was picked: the verdict of the library, shown and told', () =>
    chromium.withPage(async (page) => {
      const requests = chromium.watchRequests();
      const element = await open(page);
      assert.equal(await element.evaluate((node) => node.result), null);
      await pick(element, long);
      await verdict(element);
      const { segments, probabilities, emotion, agreement, votes } = await element.evaluate((node) => node.result);
      const expected = await page.evaluate(async (bytes) => {
        const { Emovox } = await import('/lib/emovox.js');
        const emovox = await Emovox.create();
        const result = await emovox.analyze(Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0)));
        await emovox.close();
        return result;
      }, readFileSync(long).toString('base64'));
      assert.deepEqual(
        { segments, probabilities, emotion },
        (({ segments, probabilities, emotion }) => ({ segments, probabilities, emotion }))(expected),
      );
      assert.equal(requests.filter((url) => url.endsWith('/emovox.js')).length, 1, 'one copy of the library');

      assert.equal(await part(element, 'emotion').textContent(), `${emotion.charAt(0).toUpperCase()}Sounds ${emotion}`);
      const percent = `${Math.round(agreement * 100)}%`;
      const all = segments.filter(({ label }) => label !== 'no speech').length;
      const words = String(await part(element, 'agreement').textContent());
      assert.match(words, /clear|mixed/i);
      assert.ok(words.includes(`agreement ${percent}, ${votes[emotion]} / ${all} votes`), words);
      assert.equal(await part(element, 'row').count(), Object.keys(votes).length);
      assert.deepEqual(
        await part(element, 'segment').locator('[aria-hidden]').allTextContents(),
        segments.map(({ label }) => strings.en.emotions[label][0]),
      );

      const [result] = await eventsOf(page, 'result');
      assert.equal(result.detail.emotion, emotion);
      assert.deepEqual(
        (await eventsOf(page, 'segment')).map(({ detail }) => detail),
        segments,
      );
      const progress = (await eventsOf(page, 'progress')).map(({ detail }) => detail);
      for (const stage of ['load', 'analyze']) {
        const fractions = progress.filter((one) => one.stage === stage).map(({ fraction }) => fraction);
        assert.ok(fractions.length > 0 && fractions.every((one) => one === null || (one >= 0 && one <= 1)), stage);
        assert.deepEqual(fractions, fractions.toSorted(), `${stage} only goes forward`);
      }
      assert.equal((await eventsOf(page, 'error')).length, 0);
    }));

  test('that was dropped', () =>
    chromium.withPage(async (page) => {
      const element = await open(page);
      const bytes = readFileSync(angry).toString('base64');
      const drop = (/** @type {string} */ type) =>
        part(element, 'card').evaluate(
          (card, [name, base64]) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], 'a.wav'));
            card.dispatchEvent(new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true }));
            return card.className;
          },
          [type, bytes],
        );
      assert.equal(await drop('dragover'), 'over');
      assert.equal(await drop('drop'), '');
      await verdict(element);
      assert.equal(await element.evaluate((node) => node.result.emotion), 'angry');
      await element.evaluate((node) => node.toggleAttribute('disabled', true));
      assert.equal(await drop('dragover'), '');
      await drop('drop');
      await element.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
      await verdict(element); // still that of the first
    }));

  test('that is none: the error in words, an event, and a way on', () =>
    chromium.withPage(async (page) => {
      const element = await open(page);
      await pick(element, text);
      await part(element, 'error').waitFor();
      assert.match(String(await part(element, 'status').textContent()), /cannot be read as audio\. Choose a WAV/);
      assert.deepEqual(
        (await eventsOf(page, 'error')).map(({ detail }) => detail.code),
        ['undecodable'],
      );
      const code = await element.evaluate((node) => node.analyze(new ArrayBuffer(0)).catch((error) => error.code));
      assert.equal(code, 'empty');
      await pick(element, angry);
      await verdict(element);
      assert.equal(await part(element, 'error').count(), 0);
    }));

  test('an engine that has crashed is made anew for the next file', () =>
    chromium.withPage(
      async (page) => {
        const element = await open(page);
        await pick(element, angry);
        await verdict(element);
        const [worker] = page.workers();
        await Promise.all([worker.waitForEvent('close'), crashEngine(page)]);
        await pick(element, angry);
        await verdict(element);
        assert.equal(page.workers().length, 1);
      },
      { expectErrors: true },
    ));

  test('is cancelled by the button, by the method and by the next one, each time without an error event', () =>
    chromium.withPage(
      async (page) => {
        const element = await open(page);
        const hour = { sampleRate: 16000, seconds: 3600 };
        const start = () =>
          element.evaluate((node, { sampleRate, seconds }) => {
            const samples = Float32Array.from({ length: sampleRate * seconds }, (_, i) => Math.sin(i * i));
            globalThis.codes ??= [];
            node.analyze(samples, { sampleRate }).catch((error) => globalThis.codes.push(error.code));
          }, hour);
        await start();
        await part(element, 'cancel').click(); // while it loads
        await part(element, 'record').waitFor();
        await start();
        await part(element, 'segment').nth(3).waitFor();
        await part(element, 'cancel').click();
        await part(element, 'record').waitFor();
        assert.equal(await part(element, 'status').textContent(), 'Stopped.');
        await start();
        await part(element, 'segment').nth(3).waitFor();
        await element.evaluate((node) => node.cancel());
        await start();
        await part(element, 'segment').nth(3).waitFor();
        await pick(element, angry).catch(() => {});
        await element.evaluate((node) => node.analyze(new URL('/none', location.href)).catch(() => {}));
        assert.deepEqual(await page.evaluate(() => globalThis.codes), Array(4).fill('aborted'));
        assert.deepEqual((await eventsOf(page, 'error')).length, 1, 'only that of the address with nothing behind it');
      },
      { expectErrors: true },
    ));
});

describe('the microphone', () => {
  test('records, pauses, goes on and stops, with a level, a time and a verdict', () =>
    chromium.withPage(async (page) => {
      const element = await open(page);
      await part(element, 'record').click();
      await part(element, 'stop').waitFor();
      assert.equal(await part(element, 'status').textContent(), 'Recording. Speak now.');
      assert.deepEqual(await trackStates(page), ['live']);
      const level = element.getByRole('meter', { name: 'Loudness' });
      await until(async () => Number(await level.getAttribute('aria-valuenow')) > 30);
      await part(element, 'segment').first().waitFor();
      await part(element, 'pause').click();
      assert.equal(await part(element, 'status').textContent(), 'Paused.');
      const time = () => part(element, 'time').textContent();
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300))); // what was under way
      const paused = await time();
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1200)));
      assert.equal(await time(), paused);
      await element.getByRole('button', { name: 'Go on' }).click();
      await until(async () => (await time()) !== paused);
      await part(element, 'stop').click();
      await verdict(element);
      const result = await element.evaluate((node) => node.result);
      assert.equal(result.emotion, 'angry');
      assert.ok((await eventsOf(page, 'segment')).length > 0);
      assert.equal((await eventsOf(page, 'result')).length, 1);
      assert.deepEqual(await trackStates(page), ['ended']);
    }));

  test('by methods: record() resolves when it records, stop() with the verdict', () =>
    chromium.withPage(async (page) => {
      const element = await open(page);
      assert.equal(await element.evaluate((node) => node.stop()), null);
      await element.evaluate((node) => node.record());
      assert.deepEqual(await trackStates(page), ['live']);
      await part(element, 'segment').first().waitFor();
      const same = await element.evaluate(async (node) => (await node.stop()) === node.result);
      assert.ok(same);
      await element.evaluate((node) => node.record());
      await element.evaluate((node) => node.cancel());
      await part(element, 'record').waitFor();
      await until(async () => (await trackStates(page)).every((state) => state === 'ended'));
      assert.equal(await element.evaluate((node) => node.result), null);
    }));

  test('that is refused: words, an event, and a file instead', () =>
    chromium.withPage(async (page) => {
      await page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'));
      });
      const element = await open(page, { lang: 'de' });
      await part(element, 'record').click();
      await part(element, 'error').waitFor();
      assert.equal(await part(element, 'status').textContent(), strings.de.errors?.absent);
      assert.equal((await eventsOf(page, 'error')).length, 1);
      await pick(element, angry);
      await verdict(element);
    }));
});

describe('attributes', () => {
  test('are properties too, also those set before the element was known', () =>
    chromium.withPage(async (page) => {
      await open(page, { markup: '' });
      const { html, values, standard, judging } = await page.evaluate(() => {
        const node = document.createElement('emovox-recorder');
        const standard = [node.prior, node.labels];
        Object.assign(node, { model: 'large', baseUrl: '/lib/', disabled: true, lang: 'pl' });
        const judging = [];
        for (const prior of ['even', { neutral: 2, sad: 0.5 }]) {
          Object.assign(node, { prior, labels: ['neutral', 'sad'] });
          judging.push([node.getAttribute('prior'), node.prior, node.getAttribute('labels'), node.labels]);
        }
        node.removeAttribute('prior');
        node.labels = [];
        const values = [node.model, node.baseUrl, node.disabled, node.preload, node.lang];
        return { html: node.outerHTML, values, standard, judging };
      });
      assert.equal(html, '<emovox-recorder model="large" base-url="/lib/" disabled="" lang="pl"></emovox-recorder>');
      assert.deepEqual(values, ['large', '/lib/', true, false, 'pl']);
      assert.deepEqual(standard, ['everyday', []]);
      assert.deepEqual(judging, [
        ['even', 'even', 'neutral,sad', ['neutral', 'sad']],
        ['neutral=2,sad=0.5', { neutral: 2, sad: 0.5 }, 'neutral,sad', ['neutral', 'sad']],
      ]);
      const early = await page.evaluate(async () => {
        const frame = document.createElement('iframe');
        document.body.append(frame);
        const inner = frame.contentDocument;
        const node = inner.createElement('emovox-recorder');
        node.model = 'large';
        inner.body.append(node);
        const script = inner.createElement('script');
        script.type = 'module';
        script.src = '/lib/element.js';
        inner.head.append(script);
        await frame.contentWindow.customElements.whenDefined('emovox-recorder');
        return node.getAttribute('model');
      });
      assert.equal(early, 'large');
    }));

  test('prior and labels say in what light the next recording is judged; what they cannot be is said in words', () =>
    chromium.withPage(async (page) => {
      const element = await open(page, {
        markup: '<emovox-recorder prior="even" labels="sad, angry"></emovox-recorder>',
      });
      const resultOf = async () => {
        await pick(element, angry);
        await page.waitForFunction(() => document.querySelector('emovox-recorder').result !== null);
        const { prior, probabilities } = await element.evaluate((node) => node.result);
        await element.evaluate((node) => node.cancel());
        return { prior, probabilities };
      };
      const light = async (/** @type {object} */ change) => {
        await element.evaluate((node, values) => Object.assign(node, values), change);
        return resultOf();
      };
      const two = await resultOf();
      assert.deepEqual(two.prior, {
        ...Object.fromEntries(Object.keys(two.prior).map((label) => [label, 0])),
        sad: 0.5,
        angry: 0.5,
      });
      assert.ok(Math.abs(two.probabilities.sad + two.probabilities.angry - 1) < 1e-6);
      const all = await light({ labels: [], prior: { neutral: 5 } });
      assert.equal(all.prior.neutral, 5 / (Object.keys(all.prior).length + 4));
      assert.ok(all.probabilities.happy > 0);
      assert.ok((await light({ prior: 'everyday' })).probabilities.neutral < all.probabilities.neutral);
      await element.evaluate((node) => node.setAttribute('prior', 'odd'));
      await pick(element, angry);
      await part(element, 'error').waitFor();
      assert.match(
        String(await part(element, 'error').textContent()),
        /'prior' of analyze\(\) must be .*'odd' is none of them/,
      );
      assert.deepEqual(
        (await eventsOf(page, 'error')).map(({ detail }) => detail.code),
        ['bad-option'],
      );
    }));

  test('model and base-url load anew, and say so in words where they cannot', () =>
    chromium.withPage(
      async (page) => {
        const element = await open(page);
        await pick(element, angry);
        await verdict(element);
        const engine = () => element.evaluate((node) => node.result.engine.model);
        assert.match(await engine(), /small/);
        const requests = chromium.watchRequests();
        await element.evaluate((node) => node.setAttribute('model', 'large'));
        await until(async () => requests.some((url) => url.endsWith('emovox-large.safetensors')));
        await until(async () => page.workers().length === 1);
        await pick(element, angry);
        await verdict(element);
        assert.match(await engine(), /large/);
        await element.evaluate((node) => node.setAttribute('model', 'lib/models/emovox-small.safetensors'));
        await pick(element, angry);
        await verdict(element);
        assert.match(await engine(), /small/);
        for (const [attribute, value, code] of [
          ['model', 'http://[', /^bad-input$/],
          ['model', '/none', /^model-load$/],
          ['base-url', '/nowhere', /^(wasm|model)-load$/],
        ]) {
          await element.evaluate(
            (node, [name, to]) => {
              node.removeAttribute('model');
              node.setAttribute(name, to);
            },
            [attribute, value],
          );
          const got = await element.evaluate((node) => node.analyze(new Blob()).catch((error) => error.code));
          assert.match(got, code);
          assert.ok(await part(element, 'error').isVisible());
        }
        await element.evaluate((node) => {
          node.model = 'small';
          node.baseUrl = '/lib';
        });
        await pick(element, angry);
        await verdict(element);
        assert.equal(page.workers().length, 1);
      },
      { expectErrors: true },
    ));

  test('nothing is loaded before it is used, unless preload says so', () =>
    chromium.withPage(async (page) => {
      const requests = chromium.watchRequests();
      const markup = '<emovox-recorder></emovox-recorder>'.repeat(20);
      const element = await open(page, { markup });
      assert.equal(page.workers().length, 0);
      assert.equal(requests.filter((url) => /wasm|safetensors|worker/.test(url)).length, 0);
      await element.evaluate((node) => {
        node.preload = true;
      });
      await until(async () => requests.some((url) => url.endsWith('.safetensors')) && page.workers().length === 1);
    }));

  test('disabled: the controls do nothing', () =>
    chromium.withPage(async (page) => {
      const element = await open(page, { markup: '<emovox-recorder disabled></emovox-recorder>' });
      assert.ok(await part(element, 'record').isDisabled());
      assert.ok(await part(element, 'input').isDisabled());
      await element.evaluate((node) => {
        node.disabled = false;
      });
      assert.ok(await part(element, 'record').isEnabled());
    }));
});

describe('languages', () => {
  const keys = (/** @type {object} */ value) =>
    Object.keys(value)
      .filter((key) => key !== 'errors')
      .sort();
  for (const [language, own] of Object.entries(strings)) {
    test(`${language}: nothing is missing, and no two emotions share a letter`, () => {
      assert.deepEqual(keys(own), keys(strings.en));
      assert.deepEqual(keys(own.emotions), keys(strings.en.emotions));
      const letters = Object.values(own.emotions).map(([letter, space]) => letter + space);
      assert.equal(new Set(letters).size, letters.length);
      assert.ok(letters.every((letter) => letter.endsWith(' ')));
      assert.deepEqual(
        Object.keys(own.errors ?? {}).sort(),
        language === 'en' ? [] : Object.keys(strings.de.errors ?? {}).sort(),
      );
    });

    test(`${language}: from idle to a verdict, and an error`, () =>
      chromium.withPage(async (page) => {
        const element = await open(page, { lang: `${language}-XY` });
        await element.getByRole('button', { name: own.record }).waitFor();
        await pick(element, angry);
        await verdict(element);
        const [, word] = own.emotions.angry.split(/ (.*)/);
        assert.ok(String(await part(element, 'emotion').textContent()).endsWith(`${own.sounds} ${word}`));
        assert.equal(await part(element, 'card').getAttribute('lang'), language);
        await pick(element, text);
        await part(element, 'error').waitFor();
        if (own.errors) assert.equal(await part(element, 'status').textContent(), own.errors.undecodable);
      }));
  }

  test('unknown ones are English; its own comes before the page’s, and changes what is shown already', () =>
    chromium.withPage(async (page) => {
      const element = await open(page, { lang: 'fr' });
      await element.getByRole('button', { name: 'Record' }).waitFor();
      await pick(element, angry);
      await verdict(element);
      await element.evaluate((node) => {
        node.lang = 'de';
      });
      assert.equal(await part(element, 'emotion').textContent(), 'WKlingt wütend');
      assert.match(String(await part(element, 'status').textContent()), /^Klingt wütend/);
    }));
});

describe('in a document', () => {
  test('two elements know nothing of each other', () =>
    chromium.withPage(async (page) => {
      const markup =
        '<emovox-recorder id="one"></emovox-recorder><emovox-recorder id="two" lang="pl"></emovox-recorder>';
      await open(page, { markup });
      const [one, two] = [page.locator('#one'), page.locator('#two')];
      await one.evaluate((node) => node.record());
      await pick(two, angry);
      await verdict(two);
      assert.equal(await one.evaluate((node) => node.result), null);
      assert.equal(page.workers().length, 2);
      await part(one, 'segment').first().waitFor();
      await part(one, 'stop').click();
      await verdict(one);
      assert.deepEqual(
        (await eventsOf(page, 'result')).map(({ id }) => id),
        ['two', 'one'],
      );
    }));

  test('events leave the shadow tree of others', () =>
    chromium.withPage(async (page) => {
      await open(page, { markup: '<div id="host"></div>' });
      await page.evaluate(async () => {
        const root = document.querySelector('#host').attachShadow({ mode: 'open' });
        const node = root.appendChild(document.createElement('emovox-recorder'));
        await node.analyze(new Float32Array(16000 * 5), { sampleRate: 16000 });
      });
      assert.deepEqual(
        (await eventsOf(page, 'result')).map(({ id }) => id),
        ['host'],
      );
    }));

  test('moved, it goes on; removed, it gives microphone and worker back; added again, it works again', () =>
    chromium.withPage(async (page) => {
      const element = await open(page, { markup: '<emovox-recorder></emovox-recorder><section></section>' });
      await element.evaluate((node) => node.record());
      await element.evaluate((node) => {
        node.remove();
        document.querySelector('section')?.append(node);
      });
      await part(element, 'segment').first().waitFor();
      assert.deepEqual(await trackStates(page), ['live']);
      assert.equal(page.workers().length, 1);
      await element.evaluate((node) => {
        globalThis.kept = node;
        node.remove();
      });
      await until(async () => page.workers().length === 0);
      await until(async () => (await trackStates(page)).every((state) => state === 'ended'));
      await page.evaluate(() => document.querySelector('main')?.append(globalThis.kept));
      await pick(element, angry);
      await verdict(element);
      assert.equal(page.workers().length, 1);
      assert.equal((await eventsOf(page, 'error')).length, 0);
    }));

  test('removed while it loads, or never added, it leaves nothing behind', () =>
    chromium.withPage(async (page) => {
      const element = await open(page);
      const code = await element.evaluate((node) => {
        const failed = node.analyze(new Float32Array(80000), { sampleRate: 16000 }).catch((error) => error.code);
        node.remove();
        return failed;
      });
      assert.equal(code, 'aborted');
      await until(async () => page.workers().length === 0);
      const emotion = await page.evaluate(async () => {
        const node = document.createElement('emovox-recorder');
        return (await node.analyze(new Float32Array(80000), { sampleRate: 16000 })).emotion;
      });
      assert.equal(emotion, 'no speech');
      await until(async () => page.workers().length === 0);
    }));

  test('thirty times added, used and removed: no worker, no node and no memory stays', (t) =>
    chromium.withPage(async (page) => {
      await open(page, { markup: '' });
      const session = await page.context().newCDPSession(page);
      await session.send('Performance.enable');
      const use = (/** @type {number} */ times) =>
        page.evaluate(
          async ([count, base64]) => {
            const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
            for (let i = 0; i < count; i++) {
              const node = document.createElement('emovox-recorder');
              document.body.append(node);
              await node.analyze(bytes);
              await node.record();
              node.remove();
              await new Promise((resolve) => setTimeout(resolve, 50));
            }
            globalThis.events.length = 0;
          },
          /** @type {[number, string]} */ ([times, readFileSync(angry).toString('base64')]),
        );
      const measure = async () => {
        await until(async () => page.workers().length === 0);
        for (let i = 0; i < 3; i++) {
          await session.send('HeapProfiler.collectGarbage');
          await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
        }
        const { metrics } = await session.send('Performance.getMetrics');
        const of = (/** @type {string} */ wanted) => metrics.find(({ name }) => name === wanted)?.value ?? NaN;
        return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), workers: page.workers().length };
      };
      await use(3); // what is made once
      const before = await measure();
      await use(30);
      const after = await measure();
      t.diagnostic(`heap ${before.heap} → ${after.heap} bytes, nodes ${before.nodes} → ${after.nodes}`);
      assert.equal(after.workers, 0);
      assert.ok(after.heap - before.heap < 3e6, `the heap grew by ${after.heap - before.heap} bytes`);
      assert.ok(after.nodes - before.nodes < 60, `${after.nodes - before.nodes} nodes stay`); // one element has 60
    }));

  test('two copies of the package, and imports on a server, do no harm', async () => {
    await import(new URL('../../dist/lib/element.js', import.meta.url).href);
    await chromium.withPage(async (page) => {
      const element = await open(page);
      await page.evaluate(() => Promise.all([import('/lib/element.js?copy'), import('/lib/element.js')]));
      await pick(element, angry);
      await verdict(element);
    });
  });
});

describe('for everybody', () => {
  test('with the keyboard alone: record, pause, stop, and the focus is never lost', () =>
    chromium.withPage(async (page) => {
      const element = await open(page);
      page.on('filechooser', () => {}); // from now on, the browser opens none by itself
      const focused = () =>
        page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.getAttribute('part') ?? 'none');
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'button record');
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'input');
      const outline = await part(element, 'choose').evaluate((node) => getComputedStyle(node).outlineStyle);
      assert.equal(outline, 'solid', 'the focus of the hidden input is seen');
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Enter');
      await part(element, 'stop').waitFor();
      assert.equal(await focused(), 'button stop');
      await part(element, 'segment').first().waitFor();
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Space');
      assert.equal(await part(element, 'pause').textContent(), 'Go on');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await verdict(element);
      assert.equal(await focused(), 'button record');
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'input');
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Enter')]);
      await chooser.setFiles(angry);
      await until(async () => (await eventsOf(page, 'result')).length === 2);
      assert.equal(await focused(), 'input');
    }));

  test('by ear: names, one live region, and the timeline as a list', () =>
    chromium.withPage(async (page) => {
      const element = await open(page);
      assert.equal(
        await element.ariaSnapshot(),
        [
          '- group "Emotion in a voice":',
          '  - button "Record"',
          '  - button "Choose a file or drop it here"',
          '  - text: Choose a file or drop it here',
          '  - status',
          `  - paragraph: ${strings.en.note}`,
        ].join('\n'),
      );
      await page.evaluate(() => {
        const status = document.querySelector('emovox-recorder')?.shadowRoot?.querySelector('[role=status]');
        globalThis.spoken = [];
        new MutationObserver(() => globalThis.spoken.push(status?.textContent)).observe(status, { childList: true });
      });
      await pick(element, long);
      await verdict(element);
      const { segments, agreement, votes } = await element.evaluate((node) => node.result);
      const percent = (/** @type {number} */ share) => `${Math.round(share * 100)}%`;
      const snapshot = await element.ariaSnapshot();
      const { mixed, fairlyClear, clear, veryClear } = strings.en;
      const sure = [mixed, fairlyClear, clear, veryClear][
        [0.45, 0.65, 0.85].filter((least) => agreement >= least).length
      ];
      assert.ok(snapshot.includes(`status: "Sounds angry. ${sure}: agreement ${percent(agreement)}`), snapshot);
      assert.match(snapshot, /table "One vote for each/);
      assert.match(snapshot, new RegExp(`row "angry ${votes.angry} \\d+%"`));
      assert.match(snapshot, /list "Timeline":/);
      for (const { start, label, probability } of segments) {
        const item = `listitem: 0:${`${Math.floor(start)}`.padStart(2, '0')}–0:\\d+ ${strings.en.emotions[label].slice(2)}, ${percent(probability)}`;
        assert.match(snapshot, new RegExp(item));
      }
      assert.equal(await element.getByRole('status').count(), 1);
      const said = await page.evaluate(() => globalThis.spoken.filter(Boolean));
      assert.equal(said.length, 1, `said ${said}`);
      assert.ok(said[0].includes(percent(agreement)));
    }));

  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    test(`${colorScheme}: axe finds nothing, idle, recording, judged and failed; graphics stand out`, () =>
      chromium.withPage(async (page) => {
        await page.emulateMedia({ colorScheme });
        const element = await open(page);
        const check = async (/** @type {string} */ state) => {
          await page.evaluate(axe);
          const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
          const found = violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => html + any[0]?.message)}`,
          );
          assert.deepEqual(found, [], state);
          assert.ok(passes.some(({ id }) => id === 'color-contrast'));
        };
        await check('idle');
        await part(element, 'record').click();
        await part(element, 'segment').first().waitFor();
        await check('recording');
        await part(element, 'stop').click();
        await verdict(element);
        await pick(element, long);
        await until(
          async () => (await part(element, 'segment').count()) > 10 && (await part(element, 'emotion').isVisible()),
        );
        await check('result');
        const contrasts = await element.evaluate((node) => {
          const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
          const luminance = (/** @type {string} */ color) => {
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);
            const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
              const share = value / 255;
              return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const root = node.shadowRoot;
          const ground = luminance(getComputedStyle(root.querySelector('[part=card]')).backgroundColor);
          const edges = [...root.querySelectorAll('[part~=key], [part~=segment], [part~=button], [part~=votes]')];
          return edges.map((edge) => {
            const { borderTopColor, backgroundColor } = getComputedStyle(edge);
            const own = luminance(edge.matches('[part~=votes]') ? backgroundColor : borderTopColor);
            return [edge.getAttribute('part'), (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05)];
          });
        });
        assert.ok(contrasts.length > 25);
        assert.deepEqual(
          contrasts.filter(([, contrast]) => !(contrast >= 3)),
          [],
        );
        await pick(element, text);
        await part(element, 'error').waitFor();
        await check('error');
      }));
  }

  for (const language of Object.keys(strings)) {
    test(`${language}: nothing sticks out at 240 px`, () =>
      chromium.withPage(async (page) => {
        await page.setViewportSize({ width: 240, height: 600 });
        const element = await open(page, { lang: language });
        const fits = async () =>
          element.evaluate((node) => {
            const card = node.shadowRoot.querySelector('[part=card]');
            const right = card.getBoundingClientRect().right;
            return [...card.querySelectorAll('*')]
              .filter((one) => one.getBoundingClientRect().right > right && !one.matches('.unseen'))
              .map((one) => one.outerHTML);
          });
        assert.deepEqual(await fits(), []);
        await pick(element, long);
        await verdict(element);
        assert.deepEqual(await fits(), []);
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 240);
      }));
  }

  test('less motion, forced colours, and the page’s own style', () =>
    chromium.withPage(async (page) => {
      const element = await open(page);
      const transition = () =>
        part(element, 'level-fill').evaluate((node) => getComputedStyle(node).transitionDuration);
      assert.equal(await transition(), '0.08s');
      await page.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' });
      assert.equal(await transition(), '0s');
      await pick(element, angry);
      await verdict(element);
      const key = part(element, 'emotion').locator('[part~=key]');
      const background = () => key.evaluate((node) => getComputedStyle(node).backgroundColor);
      assert.equal(await background(), 'rgb(215, 41, 35)', 'colours that mean something stay');
      await page.emulateMedia({ forcedColors: 'none' });
      await page.evaluate(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(
          'emovox-recorder { --emovox-angry: rgb(1, 2, 3) } emovox-recorder::part(agreement) { color: rgb(4, 5, 6) }',
        );
        document.adoptedStyleSheets = [sheet];
      });
      assert.equal(await background(), 'rgb(1, 2, 3)');
      const color = await part(element, 'agreement').evaluate((node) => getComputedStyle(node).color);
      assert.equal(color, 'rgb(4, 5, 6)');
    }));
});
