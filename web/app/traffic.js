// SPDX-License-Identifier: MIT
//
// Measures what leaves the page: every request that goes to the network, and how many bytes it carries.

/** What the service worker says of each. @typedef {{type: 'request', time: number, method: string, bytes: number}} RequestMessage */

/**
 * @typedef {object} Traffic
 * @property {number} requests that went to the network since watchTraffic() was called
 * @property {number | null} bytesSent in their bodies; null while only the page itself measures, which cannot know
 * @property {'service-worker' | 'page'} measuredBy the service worker sees all of the page and of its workers; the page
 *   sees its own only, as long as no service worker is there (on the first visit, or where there are none)
 */

/**
 * Counts from now on. What the cache answers is not counted, as it never left.
 * Nobody sees WebSockets and WebRTC; of those, the content security policy forbids the former to any other host.
 *
 * @param {(traffic: Traffic) => void} callback called at once, and with every change
 * @returns {() => void} stops it
 */
export function watchTraffic(callback) {
  const container = navigator.serviceWorker;
  const time = Date.now();
  const begin = performance.now();
  /** Since when the service worker sees everything, and the page need not look. */
  let seen = container?.controller ? begin : Number.POSITIVE_INFINITY;
  let requests = 0;
  let bytes = 0;
  const tell = () => {
    const complete = seen === begin;
    callback({ requests, bytesSent: complete ? bytes : null, measuredBy: complete ? 'service-worker' : 'page' });
  };

  /** @param {MessageEvent<RequestMessage>} event */
  const onMessage = ({ data }) => {
    // What comes late was sent before; after a second nothing does, whatever the clock is set to.
    const late = data.time < time && performance.now() < begin + 1000;
    if (data?.type !== 'request' || late) return;
    requests++;
    bytes += data.bytes;
    tell();
  };
  const onControl = () => {
    seen = Math.min(seen, performance.now());
    tell();
  };
  const observer = new PerformanceObserver((list) => {
    const own = list.getEntries().filter((entry) => {
      const { name, startTime, transferSize, decodedBodySize } = /** @type {PerformanceResourceTiming} */ (entry);
      const cached = transferSize === 0 && decodedBodySize > 0;
      return /^https?:/.test(name) && startTime >= begin && startTime < seen && !cached;
    });
    requests += own.length;
    if (own.length > 0) tell();
  });

  container?.addEventListener('message', onMessage);
  container?.addEventListener('controllerchange', onControl);
  container?.startMessages();
  observer.observe({ type: 'resource' });
  tell();
  return () => {
    container?.removeEventListener('message', onMessage);
    container?.removeEventListener('controllerchange', onControl);
    observer.disconnect();
  };
}
