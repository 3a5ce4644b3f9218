// SPDX-License-Identifier: MIT
//
// Trusted Types (https://w3c.github.io/trusted-types), which the content security policy demands.

/** Says which text may become markup in this page and which scripts may be started: all else throws from now on. */
export function trustOnlyOurs() {
  /** @type {any} */ (globalThis).trustedTypes?.createPolicy('default', {
    createHTML: (/** @type {string} */ html) => (html === '' || html === EMOVOX_WAVEFORM_MARKUP ? html : null),
    createScriptURL: (/** @type {string} */ url) =>
      new URL(url, document.baseURI).href.startsWith(`${location.origin}/`) ? url : null, // no blob: either
  });
}
