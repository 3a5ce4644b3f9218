// SPDX-License-Identifier: MIT

import assert from 'node:assert/strict';

/**
 * Asserts that two values are alike, numbers within a tolerance.
 *
 * @param {any} actual
 * @param {any} expected
 * @param {number} within
 * @param {string} [at] for the message
 */
export function assertClose(actual, expected, within, at = 'result') {
  if (typeof expected === 'number') {
    assert.ok(Math.abs(actual - expected) <= within, `${at}: ${actual} is not ${expected} within ${within}`);
  } else if (expected !== null && typeof expected === 'object') {
    assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort(), at);
    for (const key of Object.keys(expected)) assertClose(actual[key], expected[key], within, `${at}.${key}`);
  } else {
    assert.equal(actual, expected, at);
  }
}
