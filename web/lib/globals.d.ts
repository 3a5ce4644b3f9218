// SPDX-License-Identifier: MIT
// What lib.dom.d.ts leaves out: the scope of an audio worklet, and postMessage as a worker has it.

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare function postMessage(message: unknown, transfer?: Transferable[]): void;
