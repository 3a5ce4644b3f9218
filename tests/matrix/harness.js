// SPDX-License-Identifier: MIT
//
// The package as others get it: packed, installed without a network, built with their tools, run in Chromium.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium, installNpm, root, run } from '../../src/deps/setup.mjs';
import { contentSecurityPolicy } from '../../web/scripts/policy.mjs';
import { serve } from '../../web/scripts/serve.mjs';

export const recording = fileURLToPath(new URL('../data/formats/angry.wav', import.meta.url));

const sources = fileURLToPath(new URL('projects/', import.meta.url));
const builds = join(root, 'build/matrix');
const npm = ['--no-audit', '--no-fund', '--loglevel=error'];

/** What `npm publish` would publish. @type {{path: string, bytes: number, files: string[]} | undefined} */
let packed;

/** @returns {{path: string, bytes: number, files: string[]}} the tarball, and what it holds, unpacked */
export function pack() {
  if (packed) return packed;
  mkdirSync(builds, { recursive: true });
  const { stdout } = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', builds], {
    cwd: root,
    encoding: 'utf8',
  });
  const report = JSON.parse(stdout);
  const { filename, unpackedSize, files } = Array.isArray(report) ? report[0] : Object.values(report)[0];
  packed = { path: join(builds, filename), bytes: unpackedSize, files: files.map((file) => file.path) };
  install(join(builds, 'first')); // so that what it depends on is in npm's cache
  return packed;
}

/**
 * From npm's cache, as far as it goes: some versions of npm ask for what a project has installed already.
 *
 * @param {string} folder of a project
 */
function install(folder) {
  rmSync(join(folder, 'node_modules/emovox'), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'package.json'))) writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-save', '--no-package-lock', '--prefer-offline', ...npm, pack().path];
  run('npm', args, { cwd: folder, quiet: true });
}

/**
 * A project of somebody's, with the package installed: its tools from its lock file.
 *
 * @param {string} name of a folder in projects/
 * @param {{shared?: boolean}} [options] whether projects/shared is part of it
 * @returns {string} its folder
 */
export function project(name, { shared = true } = {}) {
  const folder = join(builds, name);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (file !== 'node_modules') rmSync(join(folder, file), { recursive: true });
  if (shared) cpSync(join(sources, 'shared'), folder, { recursive: true });
  cpSync(join(sources, name), folder, { recursive: true });
  if (existsSync(join(folder, 'package-lock.json'))) installNpm(folder);
  install(folder);
  return folder;
}

const toolEnv = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };

/**
 * Runs a tool that the project has installed.
 *
 * @param {string} folder
 * @param {string} tool
 * @param {string[]} args
 */
export function build(folder, tool, ...args) {
  run(join(folder, 'node_modules/.bin', tool), args, {
    cwd: folder,
    quiet: true,
    env: { NEXT_TELEMETRY_DISABLED: '1' },
  });
}

const hash = (/** @type {string | Buffer} */ bytes) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;

/** The data in the package, by its hash. */
const known = new Map(
  ['emovox.wasm', 'emovox-relaxed.wasm', 'models/emovox-small.safetensors', 'models/emovox-large.safetensors'].map(
    (name) => [hash(readFileSync(join(root, 'dist/lib', name))), basename(name)],
  ),
);

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost',
];

/**
 * Opens a page, lets it analyse the recording, and sees that it says what it must and nothing else.
 *
 * @param {string | ((context: import('playwright-core').BrowserContext) => string)} address
 * @param {{extension?: string}} [options] extension: the folder of one to load
 * @returns {Promise<string[]>} the paths of what it asked for
 */
export async function analyzeAt(address, { extension } = {}) {
  const profile = join(tmpdir(), `emovox-matrix-${process.pid}`);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    args: [
      ...flags,
      ...(extension ? [`--disable-extensions-except=${extension}`, `--load-extension=${extension}`] : []),
    ],
    ignoreDefaultArgs: extension ? ['--disable-extensions'] : [],
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 })); // what browsers ask for unasked
    await page.addInitScript(() => {
      // The library goes on without it, and the browser says nothing.
      const { addModule } = AudioWorklet.prototype;
      AudioWorklet.prototype.addModule = function (...args) {
        const added = addModule.apply(this, args);
        added.catch((error) => console.error(`audio worklet: ${error}`));
        return added;
      };
    });
    /** @type {string[]} */ const complaints = [];
    /** @type {URL[]} */ const requests = [];
    context.on('request', (request) => requests.push(new URL(request.url())));
    page.on('pageerror', (error) => complaints.push(String(error)));
    context.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(address);
    await page.setInputFiles('input', recording);
    await page.waitForSelector('[data-emotion], [data-error]').catch((error) => complaints.push(error.message));
    const outcome = await page.evaluate(() => ({ ...document.body.dataset }));
    assert.deepEqual({ outcome, complaints }, { outcome: { emotion: 'angry' }, complaints: [] });
    const { origin } = new URL(address);
    const abroad = requests.filter((url) => url.origin !== origin);
    assert.deepEqual(abroad.map(String), [], 'requests to other origins');
    return requests.map((url) => url.pathname);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/**
 * The same for static files, under a strict policy that allows no script in the page but an import map.
 *
 * @param {string} folder
 * @param {{path?: string, inline?: boolean, microphone?: boolean}} [options] path: of the page; inline: the code holds
 *   model and wasm; microphone: it prepares for recording
 * @returns {Promise<string[]>} the paths of what the server was asked for
 */
export async function analyzeIn(folder, { path = '', inline = false, microphone = true } = {}) {
  const html = readFileSync(join(folder, path, 'index.html'), 'utf8');
  const maps = [...html.matchAll(/<script type="?importmap"?>(.*?)<\/script>/gs)].map(([, map]) => `'${hash(map)}'`);
  const policy = contentSecurityPolicy.replace("script-src 'self'", ['$&', ...maps].join(' '));
  const server = await serve(folder, 0, { 'content-security-policy': policy });
  /** The browser's own log leaves out audio worklets. @type {string[]} */
  const paths = [];
  server.server.on('request', ({ url }) => paths.push(new URL(String(url), server.url).pathname));
  try {
    await analyzeAt(`${server.url}${path}`);
  } finally {
    await server.close();
  }
  const engine = inline ? [] : ['emovox-relaxed.wasm', 'emovox-small.safetensors'];
  assert.deepEqual(parts(folder, paths), microphone && !inline ? [...engine, 'worklet'] : engine);
  return paths;
}

/**
 * What is not code of the page, by what it holds: bundlers rename it.
 *
 * @param {string} folder
 * @param {string[]} paths of what was asked for
 */
function parts(folder, paths) {
  const files = paths.filter((path) => !path.endsWith('/')).map((path) => readFileSync(join(folder, path)));
  const name = (/** @type {Buffer} */ file) =>
    known.get(hash(file)) ?? (file.includes('registerProcessor') && 'worklet');
  return files.flatMap((file) => name(file) || []).sort();
}

/**
 * The same with a server of the project's own.
 *
 * @param {string} folder
 * @param {string} tool
 * @param {string[]} args
 */
export const analyzeServed = (folder, tool, ...args) =>
  withServer(folder, [tool, ...args], async (address) => {
    const paths = await analyzeAt(address);
    const models = paths.filter((path) => path.endsWith('.safetensors'));
    assert.equal(models.length, 1, models.join(' '));
    assert.match(models[0], /emovox-small/);
  });

/**
 * @param {string} folder
 * @param {string[]} command a tool that the project has installed, and its arguments
 * @param {(address: string) => Promise<void>} use once it says where it serves
 */
export async function withServer(folder, [tool, ...args], use) {
  const server = spawn(join(folder, 'node_modules/.bin', tool), args, { cwd: folder, env: toolEnv, detached: true });
  try {
    const address = await new Promise((resolve, reject) => {
      let output = '';
      const read = (/** @type {Buffer} */ chunk) => {
        output += chunk;
        const [found] = output.match(/http:\/\/localhost:\d+\/?(?=\s)/) ?? [];
        if (found) resolve(found);
      };
      server.stdout.on('data', read);
      server.stderr.on('data', read);
      server.on('exit', () => reject(new Error(output)));
    });
    await use(address);
  } finally {
    if (server.exitCode === null) process.kill(-Number(server.pid)); // and what it has started
  }
}
