// SPDX-License-Identifier: MIT
// What lib.dom.d.ts leaves out: the scope of an audio worklet, and postMessage as a worker has it; and what the build adds.

/** SHA-256 of the released files by their names; the build puts them in. */
declare const EMOVOX_FILES: Record<string, string>;
/** The files that inline.js holds: how many bytes, and those compressed, in base64. */
declare const EMOVOX_INLINE: Record<string, { size: number; gzip: string }>;

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare function postMessage(message: unknown, transfer?: Transferable[]): void;
