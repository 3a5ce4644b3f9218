// SPDX-License-Identifier: MIT
//
// The worker.

import { Service } from './service.js';

/**
 * Most of the library's code, fetched and compiled while the weights come. Named as an asset, its file is copied by
 * bundlers, some of which cannot split a worker.
 * @type {Promise<typeof import('./decode.js')>}
 */
const decoder = import(/* webpackIgnore: true */ /* @vite-ignore */ new URL('./decode.js', import.meta.url).href);

const service = new Service(decoder, (reply) => postMessage(reply));
addEventListener('message', ({ data }) => service.receive(data));
