// SPDX-License-Identifier: MIT
//
// The library as a module that fetches nothing. These are its types; see inline.global.js.

export * from './emovox.js';
