// SPDX-License-Identifier: MIT
//
// The models as files: how big they are, whether they are on this device, and a download that goes on where it stopped.

import { EmovoxError } from 'emovox';

/** @typedef {keyof typeof models} ModelName */

/** Known before anything is fetched. Their addresses change with their content. */
export const models = {
  small: {
    ...EMOVOX_MODELS.small,
    url: new URL('../../dist/lib/models/emovox-small.safetensors', import.meta.url).href,
  },
  large: {
    ...EMOVOX_MODELS.large,
    url: new URL('../../dist/lib/models/emovox-large.safetensors', import.meta.url).href,
  },
};

/** Holds models under their addresses, and while they come, pieces of them, under the byte they begin with. */
const cacheName = 'emovox-models';
const pieceSize = 1 << 18;

/**
 * @param {ModelName} name
 * @returns {Promise<boolean>} whether it can be had without a network
 */
export async function isStored(name) {
  if (!('caches' in globalThis)) return false;
  return (await caches.match(models[name].url)) !== undefined; // in the service worker's cache, or in ours
}

/**
 * Takes a model from this device, or else downloads it and keeps it there. What has arrived stays when the download is
 * stopped in whichever way, and the next one goes on from there.
 *
 * @param {ModelName} name
 * @param {object} [options]
 * @param {AbortSignal} [options.signal]
 * @param {(progress: {loaded: number, total: number}) => void} [options.onProgress] bytes
 * @param {(message: string) => void} [options.onWarning] the model is there, but could not be stored
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {EmovoxError} `aborted`, `model-load`, `file-mismatch`
 */
export async function fetchModel(name, { signal, onProgress, onWarning } = {}) {
  const warn = (/** @type {unknown} */ error) => {
    const reason = error instanceof Error ? ` (${error.message})` : '';
    onWarning?.(`The model is in use, but could not be stored${reason}: next time it is downloaded again.`);
  };
  const work = async () => {
    const store = await openStore(name, warn);
    const stored = await store.whole();
    if (stored && (await isGenuine(name, stored))) {
      onProgress?.({ loaded: stored.length, total: stored.length });
      return stored;
    }
    const bytes = await download(name, store, signal, onProgress);
    if (!(await isGenuine(name, bytes))) {
      await removeModel(name);
      throw new EmovoxError(
        'file-mismatch',
        `The ${name} model arrived damaged, or is not the one of this version. What had been stored of it is deleted: ` +
          'reload the page, and download it again.',
      );
    }
    await store.finish(bytes);
    return bytes;
  };
  try {
    // One tab downloads, the others wait for what it gets. Without locks there is no store that they could spoil.
    return await (navigator.locks ? navigator.locks.request(`emovox-model-${name}`, { signal }, work) : work());
  } catch (error) {
    if (signal?.aborted) throw new EmovoxError('aborted', 'The download was stopped. It can go on later.');
    if (error instanceof EmovoxError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `The ${name} model could not be downloaded (${reason}). Check the network and try again: it goes on where it stopped.`;
    throw new EmovoxError('model-load', message, { cause: error });
  }
}

/** @param {ModelName} name */
export async function removeModel(name) {
  if (!('caches' in globalThis)) return;
  const cache = await caches.open(cacheName);
  for (const request of await cache.keys()) {
    if (bare(request.url) === models[name].url) await cache.delete(request);
  }
}

/**
 * @param {ModelName} name
 * @param {Store} store
 * @param {AbortSignal | undefined} signal
 * @param {((progress: {loaded: number, total: number}) => void) | undefined} onProgress
 * @returns {Promise<Uint8Array<ArrayBuffer>>} as many bytes as the model has, or none where it cannot be the model
 */
async function download(name, store, signal, onProgress) {
  const { url, bytes: total } = models[name];
  const whole = new Uint8Array(total);
  let loaded = await store.pieces(whole);
  onProgress?.({ loaded, total });
  if (loaded === total) return whole;

  const headers = loaded > 0 ? { range: `bytes=${loaded}-` } : undefined;
  const response = await fetch(url, { signal, headers, cache: 'no-store' }); // it is stored here
  if (response.status === 416) return new Uint8Array(); // what is stored is longer than the server's file
  if (!response.ok || !response.body) throw new Error(`HTTP status ${response.status}`);
  const begin = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (response.status === 200)
    loaded = 0; // a host that knows no ranges sends all of it
  else if (Number(begin) !== loaded) throw new Error(`The server went on at ${begin} instead of ${loaded}`);

  let kept = loaded;
  const keep = async () => {
    await store.put(kept, whole.subarray(kept, loaded));
    kept = loaded;
  };
  try {
    const reader = response.body.getReader(); // Safari cannot iterate over a stream
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (loaded + part.value.length > total) return new Uint8Array();
      whole.set(part.value, loaded);
      loaded += part.value.length;
      onProgress?.({ loaded, total });
      if (loaded - kept >= pieceSize) await keep();
    }
  } finally {
    await keep();
  }
  if (loaded < total) throw new Error(`The server sent ${loaded} of ${total} bytes`);
  return whole;
}

/** @typedef {Awaited<ReturnType<typeof openStore>>} Store */

/**
 * @param {ModelName} name
 * @param {(error: unknown) => void} warn called once, if nothing more can be stored
 */
async function openStore(name, warn) {
  const { url, bytes: total } = models[name];
  const cache = await openCache();

  /** @param {() => Promise<unknown>} write */
  let attempt = async (write) => {
    try {
      await write();
    } catch (error) {
      attempt = async () => {};
      warn(error);
    }
  };
  const piece = (/** @type {number} */ begin) => `${url}?from=${begin}`;
  const put = (/** @type {number} */ begin, /** @type {Uint8Array<ArrayBuffer>} */ bytes) =>
    attempt(async () => {
      if (bytes.length > 0) await cache?.put(piece(begin), new Response(bytes));
    });
  const read = async (/** @type {string} */ key) => {
    const response = cache && (await caches.match(key)); // the service worker has stored the small one
    return response && new Uint8Array(await response.arrayBuffer());
  };

  return {
    whole: () => read(url),

    /**
     * @param {Uint8Array} whole takes what is there from its beginning on
     * @returns {Promise<number>} how many bytes that were
     */
    async pieces(whole) {
      let loaded = 0;
      for (;;) {
        const bytes = await read(piece(loaded));
        if (!bytes || loaded + bytes.length > total) return loaded;
        whole.set(bytes, loaded);
        loaded += bytes.length;
      }
    },

    put,

    /** @param {Uint8Array<ArrayBuffer>} bytes */
    finish: (bytes) =>
      attempt(async () => {
        if (!cache) return;
        await removeModel(name); // the pieces first: there need not be room for both
        await cache.put(url, new Response(bytes));
      }),
  };
}

/** @returns {Promise<Cache | undefined>} without the models of earlier versions; there is none in insecure pages */
async function openCache() {
  if (!('caches' in globalThis)) return undefined;
  const cache = await caches.open(cacheName);
  const folder = new URL('./', models.large.url).href;
  const current = Object.values(models).map((model) => model.url);
  for (const request of await cache.keys()) {
    const file = bare(request.url);
    if (file.startsWith(folder) && !current.includes(file)) await cache.delete(request);
  }
  return cache;
}

const bare = (/** @type {string} */ address) => address.replace(/\?.*$/, '');

/**
 * @param {ModelName} name
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function isGenuine(name, bytes) {
  if (bytes.length !== models[name].bytes) return false;
  if (!globalThis.crypto?.subtle) return true; // a page that is not served securely: the engine checks what it can
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('') === models[name].sha256;
}
