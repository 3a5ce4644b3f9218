// SPDX-License-Identifier: MIT
//
// The page without a network: installs the service worker and says when a new version is there.

const hour = 3_600_000;

/**
 * @typedef {object} ServiceWorkerEvents
 * @property {() => void} [onReady] everything is stored: from now on the page works without a network
 * @property {(apply: () => void) => void} [onUpdate] a new version waits; apply() reloads the page with it
 * @property {() => void} [onFailure] the page will not work without a network
 */

/**
 * Does nothing where there are no service workers: in old browsers, and in pages that are not served securely.
 * @param {ServiceWorkerEvents} events
 */
export async function watchServiceWorker({ onReady, onUpdate, onFailure }) {
  const container = navigator.serviceWorker;
  if (!container || !location.protocol.startsWith('http')) return;

  // Where another tab applied an update, this one runs on with the old version until its user wants the new one, too.
  let version = container.controller;
  let applied = false;
  container.addEventListener('controllerchange', () => {
    if (applied) location.reload();
    else if (version) onUpdate?.(() => location.reload());
    version = container.controller;
  });

  try {
    const registration = await container.register(new URL('./sw.js', document.baseURI), { updateViaCache: 'none' });
    const offer = () => {
      if (!registration.waiting || !registration.active) return;
      onUpdate?.(() => {
        applied = true;
        registration.waiting?.postMessage('skip-waiting');
      });
    };
    /** @param {ServiceWorker | null} worker */
    const follow = (worker) => {
      worker?.addEventListener('statechange', () => {
        if (worker.state === 'installed') offer();
        if (worker.state === 'redundant' && !registration.active) onFailure?.();
      });
    };
    offer();
    follow(registration.installing);
    registration.addEventListener('updatefound', () => follow(registration.installing));
    checkForUpdates(registration);
    await container.ready;
    onReady?.();
  } catch {
    onFailure?.();
  }
}

/**
 * Every hour, and when the page is looked at again after one.
 * @param {ServiceWorkerRegistration} registration
 */
function checkForUpdates(registration) {
  let last = Date.now();
  const check = () => {
    if (document.visibilityState !== 'visible' || Date.now() - last < hour) return;
    last = Date.now();
    registration.update().catch(() => {}); // no network: next time
  };
  document.addEventListener('visibilitychange', check);
  setInterval(check, hour);
}
