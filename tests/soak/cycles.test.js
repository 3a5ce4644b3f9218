// SPDX-License-Identifier: MIT
//
// In Node, used and closed $EMOVOX_CYCLES times: what the process holds is what it held after the first ones.
// Wants `node --expose-gc`; part of `npm run soak`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emovox } from '../../dist/lib/node.js';
import { readWav } from '../node/audio.js';

const times = Number(process.env.EMOVOX_CYCLES ?? 100);
const { samples, sampleRate } = readWav(new URL('../data/formats/angry.wav', import.meta.url));

test(`create, analyze, close in Node ${times} times`, async (t) => {
  const run = async (/** @type {number} */ count) => {
    for (let i = 0; i < count; i++) {
      const emovox = await Emovox.create();
      await emovox.analyze(samples, { sampleRate });
      await emovox.close();
    }
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      globalThis.gc();
    }
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    return { rss, held: heapUsed + external + arrayBuffers };
  };
  const first = await run(20);
  const last = await run(times);
  t.diagnostic(`held ${first.held} -> ${last.held} bytes, resident ${first.rss} -> ${last.rss} bytes`);
  assert.ok(last.held - first.held < 2e6, 'objects stay');
  assert.ok(last.rss - first.rss < 64e6, 'memory stays'); // V8 gives back what it likes
});
