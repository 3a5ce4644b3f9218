// SPDX-License-Identifier: MIT
//
// npm run build: dist/lib (the npm package) and dist/site (the page). Skips what is up to date.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ensure, main, relaxedWasm, root } from '../../src/deps/setup.mjs';
import { headersFile } from './policy.mjs';
import { bundleServiceWorker } from './service-worker.mjs';
import { writeSupply } from './supply.mjs';

export const lib = join(root, 'dist/lib');
export const site = join(root, 'dist/site');
const sources = join(root, 'web/lib');
const wasm = join(root, 'build/wasm/emovox.wasm');
const models = join(root, 'model');

/**
 * What a page loads, each in one file: the library, its worker, the worker's decoder, the microphone's thread, the
 * element, which uses the library's own file, and the exporters.
 */
const modules = ['emovox.js', 'worker.js', 'decode.js', 'capture-worklet.js', 'element.js', 'export.js'];

/** What inline.js holds beside the code. */
const inlined = ['emovox.wasm', 'emovox-small.safetensors'];

/** What Node loads; what they share is a file of its own. They read decode.js, too. */
const nodeModules = {
  node: join(sources, 'node.js'),
  cli: join(root, 'web/cli/main.js'),
  'cli-worker': join(root, 'web/cli/cli-worker.js'),
};

const notice =
  '/*! emovox, MIT. Contains mediabunny, MPL-2.0, unmodified; source: https://github.com/Vanilagy/mediabunny */';

/** Builds everything that is not up to date, the WebAssembly module and the dependencies included. */
export async function build() {
  await ensure({ npm: true, wasm: true });
  await buildDist();
}

/** Makes dist/ out of what is there, unless it is up to date. */
export async function buildDist() {
  const weights = (await modelFiles()).map((name) => join(models, name));
  const stamp = await fingerprint([
    wasm,
    fasterWasm(),
    ...weights,
    join(root, 'web'),
    join(root, 'package-lock.json'),
    join(root, 'package.json'),
  ]);
  const stampFile = join(root, 'dist/stamp');
  if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return;
  await rm(stampFile, { force: true });
  await buildLib();
  await buildSite();
  await writeSupply(join(root, 'dist'));
  await writeFile(stampFile, stamp);
}

/** The module for browsers with relaxed SIMD: where none could be built, the other, so that the package has the name. */
const fasterWasm = () => (existsSync(relaxedWasm) ? relaxedWasm : wasm);

/** @returns {Promise<string[]>} names of the released models */
async function modelFiles() {
  return (await readdir(models)).filter((name) => name.endsWith('.safetensors')).sort();
}

async function buildLib() {
  await rm(lib, { recursive: true, force: true });
  await mkdir(join(lib, 'models'), { recursive: true });
  const files = { 'emovox.wasm': wasm, 'emovox-relaxed.wasm': fasterWasm() };
  for (const [name, file] of Object.entries(files)) await copyFile(file, join(lib, name));
  for (const name of await modelFiles()) {
    files[name] = join(models, name);
    await copyFile(files[name], join(lib, 'models', name));
  }
  await copyFile(join(sources, 'result.schema.json'), join(lib, 'result.schema.json'));
  await copyFile(join(models, 'LICENSE'), join(lib, 'models/LICENSE')); // the weights' own

  const hashes = await Promise.all(Object.entries(files).map(async ([name, file]) => [name, await sha256(file)]));
  const define = { EMOVOX_FILES: JSON.stringify(Object.fromEntries(hashes)) };
  for (const name of modules) await bundleModule(name, define);
  await bundleInline(files, define);
  await bundleForNode();
  await copyFile(join(sources, 'element-events.d.ts'), join(lib, 'element-events.d.ts'));

  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--outDir', lib];
  execFileSync(process.execPath, [tsc, '-p', join(root, 'web/tsconfig.types.json'), ...options], { stdio: 'inherit' });
}

/**
 * One file without imports (but for the element's). Its comments for bundlers (which URL is an asset) stay.
 * @param {string} name
 * @param {Record<string, string>} define names to be replaced by values
 */
async function bundleModule(name, define) {
  const { build: bundle } = await import('rolldown');
  await bundle({
    input: join(sources, name),
    external: (id) => name === 'element.js' && id === './emovox.js',
    platform: 'browser',
    logLevel: 'warn',
    transform: { define },
    output: { file: join(lib, name), minify: true, postBanner: name === 'decode.js' ? notice : undefined },
  });
}

/**
 * Everything in one classic script, with a module beside it that exports the same.
 * @param {Record<string, string>} files by name
 * @param {Record<string, string>} define
 */
async function bundleInline(files, define) {
  const { build: bundle } = await import('rolldown');
  const contents = inlined.map(async (name) => {
    const bytes = await readFile(files[name]);
    return [name, { size: bytes.length, gzip: gzipSync(bytes, { level: 9 }).toString('base64') }];
  });
  const packed = JSON.stringify(Object.fromEntries(await Promise.all(contents)));
  await bundle({
    input: join(sources, 'inline.global.js'),
    platform: 'browser',
    logLevel: 'warn',
    plugins: [
      { name: 'inline', resolveId: (id) => (id === './files.js' ? join(sources, 'files-inline.js') : undefined) },
    ],
    transform: { define: { ...define, EMOVOX_INLINE: packed } },
    output: { file: join(lib, 'inline.global.js'), format: 'iife', minify: true, postBanner: notice },
  });
  const module = "import './inline.global.js';\n\nexport const { Emovox, EmovoxError } = globalThis.emovox;\n";
  await writeFile(join(lib, 'inline.js'), module);
}

/**
 * @param {string} file
 * @returns {Promise<string>} in hexadecimal
 */
async function sha256(file) {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

/** Imports of Node's own modules and of the packages that package.json names stay, and names, for stack traces. */
async function bundleForNode() {
  const { build: bundle } = await import('rolldown');
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  await bundle({
    input: nodeModules,
    platform: 'node',
    external: Object.keys(dependencies),
    logLevel: 'warn',
    output: { dir: lib, chunkFileNames: 'node-[name].js' },
  });
  await chmod(join(lib, 'cli.js'), 0o755);
}

async function buildSite() {
  const { build: bundle } = await import('vite');
  const { NODE_ENV } = process.env;
  await bundle({ configFile: join(root, 'web/vite.config.js'), logLevel: 'warn' });
  // Vite leaves NODE_ENV=production behind, with which npm installs no tools.
  if (NODE_ENV === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = NODE_ENV;
  await writeFile(join(site, '_headers'), headersFile());
  await bundleServiceWorker(site);
}

/**
 * @param {string[]} paths files and folders
 * @returns {Promise<string>} a hash of their names and contents
 */
async function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => null);
    const files = entries?.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)) ?? [
      path,
    ];
    for (const file of files.sort()) hash.update(`${relative(root, file)}\n`).update(await readFile(file));
  }
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(build);
