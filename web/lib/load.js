// SPDX-License-Identifier: MIT
//
// Fetching what the library consists of, with progress and with errors that say what is missing.

import { abortError, EmovoxError } from './errors.js';

/** @import { CreateOptions } from './emovox.js' */

/** Where the files of this package are; spelled out, so that bundlers see them. */
const ownWasm = () => new URL('./emovox.wasm', import.meta.url);
const ownModels = {
  small: () => new URL('./models/emovox-small.safetensors', import.meta.url),
  large: () => new URL('./models/emovox-large.safetensors', import.meta.url),
};

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
    this.report?.({ loaded: this.#loaded, total: this.#totalKnown ? Math.max(this.#total, this.#loaded) : null });
  }
}

/**
 * @param {URL} url
 * @param {'wasm-load' | 'model-load'} code of the error if it fails
 * @param {LoadProgress} progress
 * @param {AbortSignal} [signal]
 * @returns {Promise<ArrayBuffer>}
 */
async function fetchBytes(url, code, progress, signal) {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    // A compressed response says how long it is compressed, not how long what we read is.
    const length = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
    progress.expect(length === null ? null : Number(length));
    if (!response.body) return await response.arrayBuffer();
    const counter = new TransformStream({
      transform(/** @type {Uint8Array} */ chunk, controller) {
        progress.add(chunk.byteLength);
        controller.enqueue(chunk);
      },
    });
    return await new Response(response.body.pipeThrough(counter)).arrayBuffer();
  } catch (error) {
    if (signal?.aborted) throw abortError(signal);
    throw EmovoxError.from(error, code);
  }
}

/**
 * @param {CreateOptions['baseUrl']} baseUrl
 * @param {LoadProgress} progress
 * @param {AbortSignal} [signal]
 * @returns {Promise<ArrayBuffer>}
 */
export async function fetchWasm(baseUrl, progress, signal) {
  const url = baseUrl ? new URL('emovox.wasm', directory(baseUrl)) : ownWasm();
  const wasm = await fetchBytes(url, 'wasm-load', progress, signal);
  if (wasm.byteLength < 4 || new DataView(wasm).getUint32(0) !== 0x0061736d) {
    throw new EmovoxError('wasm-load', `${url.pathname} is not WebAssembly: the server sent something else.`);
  }
  return wasm;
}

/**
 * @param {CreateOptions['model']} model
 * @param {CreateOptions['baseUrl']} baseUrl
 * @param {LoadProgress} progress
 * @param {AbortSignal} [signal]
 * @returns {Promise<ArrayBuffer>}
 */
export async function fetchModel(model, baseUrl, progress, signal) {
  if (model instanceof ArrayBuffer || model instanceof Uint8Array) return new Uint8Array(model).slice().buffer;
  if (model instanceof URL) return fetchBytes(model, 'model-load', progress, signal);
  if (model !== 'small' && model !== 'large') {
    const given = JSON.stringify(model);
    throw new EmovoxError('bad-input', `There is no model ${given}; use 'small', 'large', a URL or bytes.`);
  }
  const url = baseUrl ? new URL(`models/emovox-${model}.safetensors`, directory(baseUrl)) : ownModels[model]();
  return fetchBytes(url, 'model-load', progress, signal);
}

/**
 * @param {string | URL} url
 * @returns {URL} the same, ending in a slash, so that names resolve inside it
 */
function directory(url) {
  return new URL(String(url).replace(/\/?$/, '/'), globalThis.location?.href);
}
