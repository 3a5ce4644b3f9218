// SPDX-License-Identifier: MIT
//
// A static file server for one folder on localhost, with the headers that a strict site would send.

import { createServer, STATUS_CODES } from 'node:http';
import { contentSecurityPolicy } from './policy.mjs';

/** @typedef {Record<string, string>} Headers */

const strict = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/**
 * @param {string} folder
 * @param {number} port 0 for any free one
 * @param {Headers | ((path: string) => Headers)} more headers, for all files or by their paths
 * @returns {Promise<{url: string, server: import('node:http').Server, close: () => Promise<void>}>}
 */
export async function serve(folder, port = 0, more = {}) {
  const { default: send } = await import('send'); // not before it is installed
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const headers = { ...strict, ...(typeof more === 'function' ? more(pathname) : more) };
    send(request, pathname, { root: folder, cacheControl: false, lastModified: false })
      .on('headers', (/** @type {import('node:http').ServerResponse} */ to) =>
        to.setHeaders(new Map(Object.entries(headers))),
      )
      .on('error', (/** @type {{status: number}} */ { status }) => {
        response.writeHead(status, { 'content-type': 'text/plain' }).end(`${STATUS_CODES[status]}\n`);
      })
      .pipe(response);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, 'localhost', () => resolve(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://localhost:${address.port}/`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
