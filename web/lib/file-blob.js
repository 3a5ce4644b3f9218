// SPDX-License-Identifier: MIT
//
// Files as Blobs in Node. Those of fs.openAsBlob() count in 32 bits: of 5 GiB they have 1 (nodejs/node#52585).

import { open, stat } from 'node:fs/promises';

/** Bytes that are read at a time. */
const pieceBytes = 1 << 18;

/** A part of a file, read when it is asked for. It is open only while it is read: there is nothing to be closed. */
export class FileBlob extends Blob {
  #url;
  #start;
  #end;

  /**
   * @param {URL} url file:
   * @returns {Promise<FileBlob>} the whole
   */
  static async open(url) {
    return new FileBlob(url, 0, (await stat(url)).size);
  }

  /**
   * @param {URL} url
   * @param {number} start
   * @param {number} end
   */
  constructor(url, start, end) {
    super();
    this.#url = url;
    this.#start = start;
    this.#end = end;
  }

  /** @override */
  get size() {
    return this.#end - this.#start;
  }

  /**
   * @override
   * @param {number} [start] 0 or more
   * @param {number} [end]
   */
  slice(start = 0, end = this.size) {
    const at = (/** @type {number} */ offset) => Math.min(this.#start + offset, this.#end);
    return new FileBlob(this.#url, at(start), Math.max(at(start), at(end)));
  }

  /**
   * @override
   * @returns {ReadableStream<Uint8Array<ArrayBuffer>>}
   */
  stream() {
    let at = this.#start;
    return new ReadableStream(
      {
        pull: async (controller) => {
          if (at === this.#end) return controller.close();
          const file = await open(this.#url);
          try {
            const piece = new Uint8Array(Math.min(pieceBytes, this.#end - at));
            const { bytesRead } = await file.read(piece, 0, piece.length, at);
            if (bytesRead === 0) throw new Error('The file has become shorter.');
            at += bytesRead;
            controller.enqueue(piece.subarray(0, bytesRead));
          } finally {
            await file.close();
          }
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** @override */
  arrayBuffer() {
    return new Response(this.stream()).arrayBuffer();
  }
}
