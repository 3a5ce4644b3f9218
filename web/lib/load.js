// SPDX-License-Identifier: MIT
//
// Fetching what the library consists of, with progress and with errors that say what is missing.

import { abortError, EmovoxError } from './errors.js';
import { modelFiles, wasmFiles } from './files.js';
import { refuseDetached } from './options.js';

/** @import { CreateOptions } from './emovox.js' */

/** A module with a single relaxed SIMD instruction. */
const relaxedProbe = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // "\0asm", version 1
  ...[1, 5, 1, 96, 0, 1, 123], // type: () -> v128
  ...[3, 2, 1, 0], // one function of it
  ...[10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15], // i8x16.splat(1), i8x16.splat(2)
  ...[253, 146, 2, 11], // i16x8.relaxed_dot_i8x16_i7x16_s
);

/**
 * What was loaded, and its SHA-256 in hexadecimal: null in a page that is not served securely, where browsers have none.
 *
 * @template T
 * @typedef {{value: T, sha256: string | null}} Loaded
 */

/** Adds up what several downloads have loaded. */
export class LoadProgress {
  #loaded = 0;
  #total = 0;
  #totalKnown = true;

  /** @param {CreateOptions['onProgress']} report */
  constructor(report) {
    this.report = report;
  }

  /** @param {number | null} bytes */
  expect(bytes) {
    this.#total += bytes ?? 0;
    this.#totalKnown &&= bytes !== null;
  }

  /** @param {number} bytes */
  add(bytes) {
    this.#loaded += bytes;
    const total = this.#totalKnown ? Math.max(this.#total, this.#loaded) : null;
    this.report?.({ stage: 'load', fraction: total && this.#loaded / total, loaded: this.#loaded, total });
  }
}

/**
 * @template T
 * @param {(URL | Response)[]} sources the first of these that the server has
 * @param {'wasm-load' | 'model-load'} code of the error if it fails
 * @param {LoadProgress} progress
 * @param {AbortSignal | undefined} signal
 * @param {(response: Response) => Promise<T>} read what is to be made of the answer, while it comes
 * @returns {Promise<T>}
 */
async function load([source, ...others], code, progress, signal, read) {
  try {
    const response = source instanceof Response ? source : await fetch(source, { signal });
    if (response.status === 404 && others.length > 0) return await load(others, code, progress, signal, read);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    // A compressed response says how long it is compressed, not how long what we read is.
    const length = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
    progress.expect(length === null ? null : Number(length));
    if (!response.body) throw new Error('The answer is empty.');
    const counter = new TransformStream({
      transform(/** @type {Uint8Array} */ chunk, controller) {
        progress.add(chunk.byteLength);
        controller.enqueue(chunk);
      },
    });
    // Whatever type the server gave it, WebAssembly may be compiled as it comes.
    const headers = { 'content-type': 'application/wasm' };
    return await read(new Response(response.body.pipeThrough(counter), { headers }));
  } catch (error) {
    if (signal?.aborted) throw abortError(signal);
    if (error instanceof WebAssembly.CompileError) {
      const name = source instanceof URL ? source.pathname : 'emovox.wasm';
      throw new EmovoxError(code, `${name} is not WebAssembly, or the page forbids it: ${error.message}`);
    }
    throw EmovoxError.from(error, code);
  }
}

/**
 * The module with relaxed SIMD where the browser has that. Where the server lacks it, as may be below a `baseUrl`, the
 * other one does the same, only slower.
 *
 * @param {CreateOptions['baseUrl']} baseUrl
 * @param {LoadProgress} progress
 * @param {AbortSignal} [signal]
 * @returns {Promise<Loaded<WebAssembly.Module>>}
 */
export async function fetchWasm(baseUrl, progress, signal) {
  const relaxed = WebAssembly.validate(relaxedProbe);
  const names = Object.keys(wasmFiles).filter((name) => relaxed || name === 'emovox.wasm');
  const urls = names.map((name) => (baseUrl ? new URL(name, directory(baseUrl)) : wasmFiles[name]()));
  return load(urls, 'wasm-load', progress, signal, async (response) => {
    const copy = response.clone();
    const [value, bytes] = await Promise.all([WebAssembly.compileStreaming(response), copy.arrayBuffer()]);
    return { value, sha256: await identify(bytes, names) };
  });
}

/**
 * @param {URL | Response} source
 * @param {LoadProgress} progress
 * @param {AbortSignal} [signal]
 * @param {string} [name] of a file of this package
 * @returns {Promise<Loaded<ArrayBuffer>>}
 */
function fetchWeights(source, progress, signal, name) {
  return load([source], 'model-load', progress, signal, async (response) => {
    const value = await response.arrayBuffer();
    return { value, sha256: await identify(value, name ? [name] : []) };
  });
}

/**
 * @param {CreateOptions['model']} model
 * @param {CreateOptions['baseUrl']} baseUrl
 * @param {LoadProgress} progress
 * @param {AbortSignal} [signal]
 * @returns {Promise<Loaded<ArrayBuffer>>}
 */
export async function fetchModel(model, baseUrl, progress, signal) {
  refuseDetached(model);
  if (model instanceof ArrayBuffer || model instanceof Uint8Array) {
    const value = new Uint8Array(model).slice().buffer;
    return { value, sha256: await identify(value, []) };
  }
  if (model instanceof URL) return fetchWeights(model, progress, signal);
  if (model !== 'small' && model !== 'large') {
    const given = typeof model === 'string' ? `'${model}'` : 'of this kind';
    throw new EmovoxError('bad-input', `There is no model ${given}; use 'small', 'large', a URL or bytes.`);
  }
  const name = `emovox-${model}.safetensors`;
  if (baseUrl) return fetchWeights(new URL(`models/${name}`, directory(baseUrl)), progress, signal, name);
  if (modelFiles[name]) return fetchWeights(modelFiles[name](), progress, signal, name);
  throw new EmovoxError('bad-input', `The model '${model}' is not in this file: pass its URL, or the baseUrl.`);
}

/**
 * @param {ArrayBuffer} bytes
 * @param {string[]} names of the files of this package that it may be; none if it is somebody's own
 * @returns {Promise<string | null>} its SHA-256
 * @throws {EmovoxError} `file-mismatch`, if it is none of them
 */
async function identify(bytes, names) {
  if (!globalThis.crypto?.subtle) return null;
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (names.length > 0 && !names.some((name) => EMOVOX_FILES[name] === sha256)) {
    const name = names.join(' or ');
    const expected = names.map((file) => EMOVOX_FILES[file]).join(' or ');
    throw new EmovoxError(
      'file-mismatch',
      `${name} is not the one that belongs to this version of emovox: its SHA-256 is ${sha256}, not ${expected}. ` +
        'Install, or serve, all files of one version; a model of your own goes in as a URL or bytes.',
    );
  }
  return sha256;
}

/**
 * @param {string | URL} url
 * @returns {URL} the same, ending in a slash, so that names resolve inside it
 */
function directory(url) {
  return new URL(String(url).replace(/\/?$/, '/'), globalThis.location?.href);
}
