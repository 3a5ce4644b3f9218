// SPDX-License-Identifier: MIT
// What the build puts in, and what lib.dom.d.ts leaves out.

/** The files of the models by their names, and their SHA-256 in hexadecimal. */
declare const EMOVOX_MODELS: Record<'small' | 'large', { bytes: number; sha256: string }>;

/** Files that the system opens with the installed page. */
interface Window {
  launchQueue?: { setConsumer(consumer: (launch: { files: readonly FileSystemFileHandle[] }) => void): void };
}
