// SPDX-License-Identifier: MIT

/** The files to store; the build puts them in. */
declare const EMOVOX_PRECACHE: { url: string; revision: string | null }[];
