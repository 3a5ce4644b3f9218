// SPDX-License-Identifier: MIT
//
// The files of this package, and the worker, which is one of them. Each URL is spelled out, so that bundlers see it.
// In inline.js, files-inline.js takes the place of this file.

import { EmovoxError } from './errors.js';

/** The faster one first. @type {Record<string, () => URL | Response>} */
export const wasmFiles = {
  'emovox-relaxed.wasm': () => new URL('./emovox-relaxed.wasm', import.meta.url),
  'emovox.wasm': () => new URL('./emovox.wasm', import.meta.url),
};

/** @type {Record<string, () => URL | Response>} */
export const modelFiles = {
  'emovox-small.safetensors': () => new URL('./models/emovox-small.safetensors', import.meta.url),
  'emovox-large.safetensors': () => new URL('./models/emovox-large.safetensors', import.meta.url),
};

/** "no-inline" is for Vite, which would turn so small a file into a data: URL, and many pages forbid those. */
export const captureWorklet = () => new URL('./capture-worklet.js?no-inline', import.meta.url);

/**
 * What we use of a Worker.
 *
 * @typedef {object} WorkerLike
 * @property {(message: any, transfer: Transferable[]) => void} postMessage
 * @property {() => void} terminate
 * @property {((event: MessageEvent) => void) | null} onmessage
 * @property {((event: ErrorEvent) => void) | null} onerror
 * @property {((event: MessageEvent) => void) | null} onmessageerror
 */

/** @returns {WorkerLike} */
export function startWorker() {
  if (typeof Worker === 'undefined') throw new EmovoxError('worker-load', 'Emovox.create() needs a browser.');
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'emovox' });
}
