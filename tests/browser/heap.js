// SPDX-License-Identifier: MIT

/**
 * What the JavaScript of the page's worker holds, objects and buffers, from the debugger's point of view.
 *
 * @param {import('playwright-core').Page} page
 * @returns {Promise<() => Promise<number>>} bytes
 */
export async function workerHeap(page) {
  const session = await page.context().newCDPSession(page);
  const attached = new Promise((resolve) => session.once('Target.attachedToTarget', resolve));
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const { sessionId } = await attached;
  let lastId = 0;
  const ask = async (/** @type {string} */ method) => {
    const id = ++lastId;
    const answered = new Promise((resolve) => {
      session.on('Target.receivedMessageFromTarget', function listener({ message }) {
        const reply = JSON.parse(message);
        if (reply.id !== id) return;
        session.off('Target.receivedMessageFromTarget', listener);
        resolve(reply.result);
      });
    });
    await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    return answered;
  };
  return async () => {
    await ask('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = await ask('Runtime.getHeapUsage');
    return usedSize + backingStorageSize;
  };
}
