// SPDX-License-Identifier: MIT
//
// Memory that does not grow: `memory`, wherever it ends, and what needs less works on.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Emovox } from '../../dist/lib/node.js';
import { starved } from './starve.js';

const lib = fileURLToPath(new URL('../../dist/lib', import.meta.url));
const angry = readFileSync(new URL('../data/formats/angry.wav', import.meta.url));

/** What the demuxer says of samples that nobody closed. @type {unknown[]} */
const complaints = [];
const { error } = console;

/** @type {string} */ let folder;
before(() => {
  console.error = (complaint) => complaints.push(complaint);
  folder = mkdtempSync(join(tmpdir(), 'emovox-starve-'));
  mkdirSync(join(folder, 'models'));
  cpSync(join(lib, 'models'), join(folder, 'models'), { recursive: true });
});
after(() => {
  console.error = error;
  rmSync(folder, { recursive: true });
});

describe('the large model in ever more memory', () => {
  /** @type {Set<string>} */
  const ends = new Set();

  for (let pages = 64; pages <= 640; pages += 32) {
    test(`${pages} pages`, async () => {
      writeFileSync(join(folder, 'emovox.wasm'), starved(readFileSync(join(lib, 'emovox.wasm')), pages));
      const within = (/** @type {'small' | 'large'} */ model) => Emovox.create({ model, baseUrl: folder });
      const end = await within('large').then(
        async (emovox) => {
          const { emotion } = await emovox.analyze(angry).catch(({ code }) => ({ emotion: `analyze: ${code}` }));
          // The same again: nothing of the failure stays.
          const again = await emovox.analyze(angry).catch(({ code }) => ({ emotion: `analyze: ${code}` }));
          assert.equal(again.emotion, emotion);
          await emovox.close();
          return emotion;
        },
        ({ code }) => `create: ${code}`,
      );
      ends.add(end);
      if (pages >= 96) assert.equal((await (await within('small')).analyze(angry)).emotion, 'angry');
    });
  }

  test('it ended in each of these ways, and in no other', () => {
    assert.deepEqual([...ends], ['create: memory', 'analyze: memory', 'angry']);
  });

  test('what had been decoded was given back', async () => {
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    await sleep(100); // finalizers run later
    assert.deepEqual(complaints, []);
  });
});
