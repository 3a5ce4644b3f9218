// SPDX-License-Identifier: MIT
//
// What stays on this device when the user asks for it: verdicts and speakers' profiles, in IndexedDB.

import { openDB } from 'idb';

/**
 * @typedef {object} Kept a verdict in the history
 * @property {string} id
 * @property {string} name
 * @property {Date} when
 * @property {import('emovox').Result} result
 * @property {import('./recordings.js').Conditions | null} conditions
 * @property {Partial<import('emovox').ModelInfo>} model
 * @property {Float32Array} peaks
 * @property {Blob | null} audio
 *
 * @typedef {object} Profile a speaker
 * @property {string} id
 * @property {string} name
 * @property {'small' | 'large'} model that made it
 * @property {Uint8Array} bytes
 * @property {number} seconds of speech
 * @property {number} weight how far verdicts are adapted, 0..1
 *
 * @typedef {import('idb').IDBPDatabase<{recordings: {key: string, value: Kept}, profiles: {key: string, value: Profile}}>} Database
 */

/** @type {Promise<Database> | null} */
let opened = null;

/** @returns {Promise<Database>} rejects where the browser keeps nothing */
function database() {
  opened ??= openDB('emovox', 1, {
    upgrade(db) {
      db.createObjectStore('recordings', { keyPath: 'id' });
      db.createObjectStore('profiles', { keyPath: 'id' });
    },
    // Another tab deletes or renews it.
    blocking(_, __, event) {
      /** @type {IDBDatabase} */ (event.target).close();
      opened = null;
    },
    terminated() {
      opened = null;
    },
  });
  opened.catch(() => {
    opened = null;
  });
  return opened;
}

/** Tells the other tabs of what has changed; there is none in old browsers. */
const tabs = globalThis.BroadcastChannel && new BroadcastChannel('emovox');

/**
 * @template {'recordings' | 'profiles'} S
 * @param {S} store
 */
function table(store) {
  const write = async (/** @type {(db: Database) => Promise<unknown>} */ change) => {
    await change(await database());
    tabs?.postMessage(store);
  };
  return {
    /** @param {() => void} callback called when another tab has changed it */
    onChange: (callback) => tabs?.addEventListener('message', ({ data }) => data === store && callback()),
    /** @returns {Promise<(S extends 'recordings' ? Kept : Profile)[]>} */
    all: async () => /** @type {any} */ (await (await database()).getAll(store)),
    /** @param {S extends 'recordings' ? Kept : Profile} value */
    put: (value) => write((db) => db.put(store, /** @type {any} */ (value))),
    /** @param {string} id */
    remove: (id) => write((db) => db.delete(store, id)),
    clear: () => write((db) => db.clear(store)),
  };
}

export const history = table('recordings');
export const profiles = table('profiles');
