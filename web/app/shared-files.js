// SPDX-License-Identifier: MIT
//
// The way of a shared file from the service worker, which receives it, to the page.

/** Where the manifest's share_target sends files, relative to the page. */
export const shareAction = './share';

const cacheName = 'emovox-shared';

/** @param {string} scope the page's folder: other pages of the same origin have their own files */
export function sharedFiles(scope) {
  const folder = new URL('./shared/', scope).href;
  return {
    /** @param {File[]} files */
    async put(files) {
      const cache = await caches.open(cacheName);
      for (const file of files) {
        const headers = { 'content-type': file.type, 'x-file-name': encodeURIComponent(file.name) };
        await cache.put(folder + crypto.randomUUID(), new Response(file, { headers }));
      }
    },

    /** @returns {Promise<File[]>} those that are there; from now on they are not */
    async take() {
      const cache = await caches.open(cacheName);
      const files = [];
      for (const request of await cache.keys()) {
        if (!request.url.startsWith(folder)) continue;
        const response = await cache.match(request);
        // Another tab may have taken it at the same time: one of them deletes it.
        if (!response || !(await cache.delete(request))) continue;
        const name = decodeURIComponent(response.headers.get('x-file-name') ?? '');
        files.push(new File([await response.blob()], name, { type: response.headers.get('content-type') ?? '' }));
      }
      return files;
    },
  };
}
