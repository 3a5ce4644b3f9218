// SPDX-License-Identifier: MIT
//
// The worker.

import { Service } from './service.js';

/**
 * Most of the library's code, fetched and compiled while the weights come. Named as an asset, its file is copied by
 * bundlers, some of which cannot split a worker, and some of which drop its exports: it leaves a global as well.
 * @type {Promise<Pick<typeof import('./decode.js'), 'decode'>>}
 */
const decoder = import(/* webpackIgnore: true */ /* @vite-ignore */ new URL('./decode.js', import.meta.url).href).then(
  () => Reflect.get(globalThis, Symbol.for('emovox.decoder')),
);

// Held while this worker lives: a browser that ends it, for want of memory maybe, tells nobody, but frees the lock.
const life = `emovox-${Math.random()}`;
navigator.locks
  ?.request(life, () => {
    postMessage({ type: 'alive', id: 0, life });
    return new Promise(() => {});
  })
  .catch(() => {}); // a sandboxed page has no locks

const service = new Service(decoder, (reply, transfer = []) => postMessage(reply, { transfer }));
addEventListener('message', ({ data }) => service.receive(data));
