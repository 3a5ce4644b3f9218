// SPDX-License-Identifier: MIT
//
// Why the installed page was opened: with files, or for a shortcut.

import { sharedFiles } from './shared-files.js';

/**
 * Gives the page the files it was opened with: shared by another program, or opened with it in the file manager.
 * @param {(files: File[]) => void} callback called for each lot; it is empty if none of those that were
 *   shared could be read or kept
 */
export async function onIncomingFiles(callback) {
  window.launchQueue?.setConsumer(async ({ files }) => {
    if (files.length > 0) callback(await Promise.all(files.map((handle) => handle.getFile())));
  });
  if (!('caches' in globalThis)) return; // not served securely: then nothing can be shared with it either
  const wanted = takeParameter('shared') !== null;
  // Files of a page that was never opened are not kept.
  const files = await sharedFiles(new URL('./', location.href).href).take();
  if (wanted) callback(files);
}

/** @returns {'record' | 'open' | null} what a shortcut asks for, the first time; a reload does not ask again */
export function requestedAction() {
  const action = takeParameter('action');
  return action === 'record' || action === 'open' ? action : null;
}

/**
 * @param {string} name of a parameter of the page's address, in which it stays no longer
 * @returns {string | null}
 */
function takeParameter(name) {
  const url = new URL(location.href);
  const value = url.searchParams.get(name);
  url.searchParams.delete(name);
  if (value !== null) history.replaceState(history.state, '', url);
  return value;
}
