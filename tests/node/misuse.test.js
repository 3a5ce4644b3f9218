// SPDX-License-Identifier: MIT

import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Emovox } from '../../dist/lib/node.js';
import { assertMisuse, misuse } from '../misuse.js';

test('misuse of the library: errors with a code, and it works on', async () => {
  Object.assign(globalThis, { Emovox });
  assertMisuse(await misuse([...readFileSync(new URL('../data/formats/angry.wav', import.meta.url))]));
});
