// SPDX-License-Identifier: MIT
//
// The service worker: stores what the page consists of, so that it works without a network, takes in shared files, and
// tells the pages of every request that leaves.

import { PrecacheController } from 'workbox-precaching/PrecacheController.js';
import { createPartialResponse } from 'workbox-range-requests/createPartialResponse.js';
import { shareAction, sharedFiles } from './shared-files.js';

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const { scope } = worker.registration;

const precache = new PrecacheController({
  plugins: [
    {
      requestWillFetch: async ({ request }) => {
        await report(request);
        return request;
      },
    },
  ],
});
precache.addToCacheList(EMOVOX_PRECACHE);

worker.addEventListener('install', (event) => {
  precache.install(event);
});

worker.addEventListener('activate', (event) => {
  precache.activate(event); // removes what only earlier versions had
  event.waitUntil(worker.clients.claim());
});

// A new version waits until the user wants it.
worker.addEventListener('message', ({ data }) => {
  if (data === 'skip-waiting') worker.skipWaiting();
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const file = fileOf(request);
  if (request.method === 'POST' && file === new URL(shareAction, scope).href) {
    event.respondWith(receive(request));
  } else if (request.method === 'GET' && precache.getCacheKeyForURL(file)) {
    event.respondWith(answer(event, file));
  } else if (request.mode !== 'navigate') {
    event.waitUntil(report(request.clone(), event.clientId));
  }
});

/**
 * @param {Request} request
 * @returns {string} the address of the file, whatever was asked of it
 */
function fileOf(request) {
  const url = new URL(request.url);
  url.search = '';
  url.hash = '';
  return url.href === scope ? `${scope}index.html` : url.href;
}

/**
 * @param {FetchEvent} event
 * @param {string} file
 */
async function answer(event, file) {
  const { request } = event;
  const response = await precache.createHandlerBoundToURL(file)({ event, request, url: new URL(file) });
  return request.headers.has('range') ? createPartialResponse(request, response) : response;
}

/**
 * Keeps files that another program shared with the installed page, and opens the page, which takes them.
 * @param {Request} request
 */
async function receive(request) {
  try {
    const form = await request.formData();
    await sharedFiles(scope).put(form.getAll('audio').filter((value) => value instanceof File));
  } catch {
    // They cannot be read, or there is no room for them: the page sees that none came.
  }
  return Response.redirect(new URL('./?shared', scope), 303);
}

/**
 * Tells the pages of a request that goes to the network.
 * @param {Request} request
 * @param {string} [clientId] whose it is; if that is no page but a worker, it is any page's
 */
async function report(request, clientId = '') {
  const time = Date.now();
  const bytes = request.method === 'GET' ? 0 : (await request.arrayBuffer()).byteLength;
  const sender = await worker.clients.get(clientId);
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const message = { type: 'request', time, method: request.method, bytes }; // for traffic.js
  for (const client of sender?.type === 'window' ? [sender] : windows) {
    if (client.url.startsWith(scope)) client.postMessage(message);
  }
}
