// SPDX-License-Identifier: MIT
//
// What files.js is, without a single request: the build puts the files in. Where this is used, workers may be forbidden
// (extensions), or cannot be had (file:). So there is none: the work is done on the page's thread, a few milliseconds
// at a time.

import * as decoder from './decode.js';
import { Service } from './service.js';

/** @import { WorkerLike } from './files.js' */

/**
 * @param {string} name
 * @returns {Response} its bytes
 */
function unpack(name) {
  const { size, gzip } = EMOVOX_INLINE[name];
  const bytes = Uint8Array.from(atob(gzip), (char) => char.charCodeAt(0));
  const body = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(body, { headers: { 'content-length': String(size) } });
}

/** @type {Record<string, () => URL | Response>} */
export const wasmFiles = { 'emovox.wasm': () => unpack('emovox.wasm') };

/** @type {Record<string, () => URL | Response>} */
export const modelFiles = { 'emovox-small.safetensors': () => unpack('emovox-small.safetensors') };

/** None: what it does is done on the page's thread, too. */
export const captureWorklet = () => undefined;

/** @returns {WorkerLike} */
export function startWorker() {
  // Not a MessageChannel: it would lose the compiled module where a page has no origin (file:).
  /** @type {WorkerLike} */
  const worker = {
    onmessage: null,
    onerror: null,
    onmessageerror: null,
    postMessage: (data) => queueMicrotask(() => service.receive(data)),
    terminate: () => service.close(),
  };
  const service = new Service(Promise.resolve(decoder), (data) =>
    queueMicrotask(() => worker.onmessage?.(/** @type {MessageEvent} */ ({ data }))),
  );
  return worker;
}
