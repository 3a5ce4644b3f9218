// SPDX-License-Identifier: MIT
//
// The page's words: every language has all of them, and the page uses all of them.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import en from '../../web/app/strings/en.js';

const app = fileURLToPath(new URL('../../web/app/', import.meta.url));
const sources = readdirSync(app)
  .filter((name) => /\.(js|html)$/.test(name))
  .map((name) => readFileSync(app + name, 'utf8'))
  .join('\n');
const languages = readdirSync(`${app}strings`).map((name) => name.replace('.js', ''));

/** @param {string | Record<string, string>} entry @returns {string[][]} the placeholders of each form */
const placeholders = (entry) =>
  Object.values(typeof entry === 'string' ? { other: entry } : entry).map((text) =>
    [...new Set(text.match(/\{\w+\}/g))].sort(),
  );

for (const language of languages) {
  describe(language, async () => {
    /** @type {Record<string, string | Record<string, string>>} */
    const strings = (await import(`../../web/app/strings/${language}.js`)).default;

    test('has every word and no other', () => {
      assert.deepEqual(Object.keys(strings).sort(), Object.keys(en).sort());
      for (const [key, entry] of Object.entries(strings)) {
        for (const text of Object.values(typeof entry === 'string' ? [entry] : entry)) assert.ok(text.trim(), key);
      }
    });

    test('has the same placeholders, and the plurals that it tells apart', () => {
      // Of whole numbers: a language may have forms for fractions, which nobody counts with.
      const rules = new Intl.PluralRules(language);
      const all = new Set(Array.from({ length: 200 }, (_, n) => rules.select(n)).concat('other'));
      const categories = [...all].filter((category) => category !== 'many'); // for it, 'other' is taken
      for (const [key, entry] of Object.entries(en)) {
        assert.equal(typeof strings[key], typeof entry, key);
        const names = new Set(placeholders(entry).flat());
        for (const form of placeholders(strings[key])) {
          // "a minute" needs no number.
          const missing = [...names].filter((name) => !form.includes(name) && name !== '{n}');
          assert.deepEqual([missing, form.filter((name) => !names.has(name))], [[], []], key);
        }
        if (typeof entry === 'string') continue;
        const forms = /** @type {Record<string, string>} */ (strings[key]);
        assert.deepEqual(
          categories.filter((category) => !(category in forms)),
          [],
          key,
        );
      }
    });
  });
}

test('every word is used in the page', () => {
  const prefixes = [...sources.matchAll(/(?:optional\('(\w+)'|`(\w+)\.\$\{)/g)].map(([, a, b]) => `${a ?? b}.`);
  const unused = Object.keys(en).filter(
    (key) =>
      !sources.includes(`'${key}'`) &&
      !sources.includes(`"${key}"`) &&
      !prefixes.some((prefix) => key.startsWith(prefix)),
  );
  assert.deepEqual(unused, []);
});
