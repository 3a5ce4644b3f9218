// SPDX-License-Identifier: MIT
//
// What is in what we ship, and what identifies it: a bill of materials (CycloneDX 1.5) and the integrity of every file.

import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { root } from '../../src/deps/setup.mjs';

/** Packages whose code is in our files, beside those that are installed with ours. */
const bundled = ['mediabunny', 'wavesurfer.js', 'idb', 'workbox-core', 'workbox-precaching', 'workbox-range-requests'];

/** Licences of the C libraries (SPDX), whose names and checksums stand in src/deps/fetch.sh. @type {Record<string, string>} */
const licenses = {
  xnnpack: 'BSD-3-Clause',
  pthreadpool: 'BSD-2-Clause',
  fxdiv: 'MIT',
  fp16: 'MIT',
  kissfft: 'BSD-3-Clause',
  cjson: 'MIT',
  speexdsp: 'BSD-3-Clause',
};

/** @returns {Promise<object>} CycloneDX */
export async function billOfMaterials() {
  const { name, version, license, dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  const fetched = await readFile(join(root, 'src/deps/fetch.sh'), 'utf8');
  const c = [...fetched.matchAll(/([0-9a-f]{64}) {2}(\w+)_([^\s']+)\.orig\.tar/g)].map(([, sha256, library, of]) => ({
    type: 'library',
    name: library,
    version: of,
    purl: `pkg:deb/debian/${library}@${encodeURIComponent(of)}?arch=source`,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    licenses: [{ license: { id: licenses[library] } }],
  }));
  /** @type {Set<string>} */
  const wanted = new Set();
  const add = (/** @type {string} */ name) => {
    if (wanted.has(name)) return;
    wanted.add(name);
    Object.keys(packages[`node_modules/${name}`].dependencies ?? {}).forEach(add);
  };
  [...Object.keys(dependencies), ...bundled].forEach(add);
  const js = [...wanted].sort().map((name) => {
    const { version, integrity, license } = packages[`node_modules/${name}`];
    return {
      type: 'library',
      name,
      version,
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
      hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice(7), 'base64').toString('hex') }],
      licenses: [{ license: { id: license } }],
    };
  });
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'library', name, version, licenses: [{ expression: license }] } },
    components: [...c, ...js],
  };
}

/**
 * @param {string} folder
 * @returns {Promise<Record<string, string>>} by path: what an integrity attribute says
 */
export async function integrity(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashes = files.sort().map(async (file) => {
    const hash = createHash('sha384').update(await readFile(file));
    return [relative(folder, file), `sha384-${hash.digest('base64')}`];
  });
  return Object.fromEntries(await Promise.all(hashes));
}

/**
 * Writes both beside what they are about: dist/sbom.json and dist/integrity.json.
 * @param {string} dist
 */
export async function writeSupply(dist) {
  await writeFile(join(dist, 'sbom.json'), `${JSON.stringify(await billOfMaterials(), null, 2)}\n`);
  const hashes = { lib: await integrity(join(dist, 'lib')), site: await integrity(join(dist, 'site')) };
  await writeFile(join(dist, 'integrity.json'), `${JSON.stringify(hashes, null, 2)}\n`);
}
