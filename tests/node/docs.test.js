// SPDX-License-Identifier: MIT

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeReference } from '../../web/scripts/docs.mjs';

test('the reference is what the comments in the library say', async () => {
  const committed = readFileSync(new URL('../../web/lib/README.md', import.meta.url), 'utf8');
  assert.equal(committed, await makeReference(), 'run: npm run docs');
});
