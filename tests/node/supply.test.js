// SPDX-License-Identifier: MIT
//
// The supply chain: every dependency by exact version and checksum, and a bill of materials and hashes that are true.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { root } from '../../src/deps/setup.mjs';

const read = (/** @type {string} */ file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const tracked = (/** @type {string} */ pattern) =>
  execFileSync('git', ['ls-files', '--', pattern], { cwd: root, encoding: 'utf8' }).trim().split('\n');

describe('dependencies', () => {
  for (const file of tracked('*package-lock.json')) {
    test(`${file}: each has a checksum`, () => {
      const others = Object.entries(read(file).packages).filter(([name, { link }]) => name !== '' && !link);
      assert.ok(others.length > 0);
      for (const [name, { integrity, version }] of others) {
        assert.match(integrity ?? '', /^sha512-/, name);
        assert.match(version, /^\d+\.\d+\.\d+/, name);
      }
    });
  }

  test('what we install is named by its exact version', () => {
    for (const file of tracked('*package.json')) {
      const { dependencies, devDependencies } = read(file);
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${file}: ${name}`);
      }
    }
  });
});

describe('what is written beside the build', () => {
  const bill = read('dist/sbom.json');

  test('names every library, with version, checksum and licence', () => {
    assert.equal(bill.bomFormat, 'CycloneDX');
    const names = bill.components.map(({ name }) => name);
    const sources = [
      ...readFileSync(path.join(root, 'src/deps/fetch.sh'), 'utf8').matchAll(/ {2}(\w+)_.*\.orig\.tar/g),
    ];
    assert.ok(sources.length > 5);
    for (const [, name] of sources) assert.ok(names.includes(name), name);
    for (const name of Object.keys(read('package.json').dependencies)) assert.ok(names.includes(name), name);
    for (const { name, version, hashes, licenses } of bill.components) {
      assert.ok(version && hashes[0].content.length >= 64 && licenses[0].license.id, name);
    }
  });

  test('names every library whose code the bundles say they hold', () => {
    const named = new Set(bill.components.map(({ name }) => name));
    const { packages } = read('package-lock.json');
    for (const file of tracked('web/**/*.js')) {
      for (const [, name] of readFileSync(path.join(root, file), 'utf8').matchAll(
        /^import [^;]*from '((?:@[\w-]+\/)?[\w.-]+)(?:\/[\w./-]+)?';$/gm,
      )) {
        if (packages[`node_modules/${name}`] && !file.startsWith('web/scripts/'))
          assert.ok(named.has(name), `${file}: ${name}`);
      }
    }
  });

  test('tells every file by its hash', () => {
    for (const [folder, files] of Object.entries(read('dist/integrity.json'))) {
      const there = readdirSync(path.join(root, 'dist', folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) =>
          path.relative(path.join(root, 'dist', folder), path.join(entry.parentPath ?? entry.path, entry.name)),
        );
      assert.deepEqual(Object.keys(files).sort(), there.sort());
      for (const [file, expected] of Object.entries(files)) {
        const bytes = readFileSync(path.join(root, 'dist', folder, file));
        assert.equal(`sha384-${createHash('sha384').update(bytes).digest('base64')}`, expected, file);
      }
    }
  });
});
