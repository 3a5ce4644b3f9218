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
    terminated() {
      opened = null;
    },
  });
  opened.catch(() => {
    opened = null;
  });
  return opened;
}

/**
 * @template {'recordings' | 'profiles'} S
 * @param {S} store
 */
function table(store) {
  return {
    /** @returns {Promise<(S extends 'recordings' ? Kept : Profile)[]>} */
    all: async () => /** @type {any} */ (await (await database()).getAll(store)),
    /** @param {S extends 'recordings' ? Kept : Profile} value */
    put: async (value) => {
      await (await database()).put(store, /** @type {any} */ (value));
    },
    /** @param {string} id */
    remove: async (id) => (await database()).delete(store, id),
    clear: async () => (await database()).clear(store),
  };
}

export const history = table('recordings');
export const profiles = table('profiles');
