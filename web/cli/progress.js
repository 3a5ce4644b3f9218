// SPDX-License-Identifier: MIT

const width = 24;
const milliseconds = 100;

/** A bar on standard error, if a person looks at it. */
export class Progress {
  #done = 0;
  #last = 0;
  /** Shares of the files under way. @type {Map<string, number>} */ #current = new Map();

  /**
   * @param {number} total files
   * @param {boolean} quiet
   */
  constructor(total, quiet) {
    this.total = total;
    this.shown = !quiet && process.stderr.isTTY === true;
  }

  /**
   * @param {string} file
   * @param {number} share 0..1 of it
   */
  update(file, share) {
    this.#current.set(file, Math.min(share, 1));
    if (!this.shown || Date.now() - this.#last < milliseconds) return;
    this.#last = Date.now();
    const under = [...this.#current.values()].reduce((sum, part) => sum + part, 0);
    const filled = Math.min(width, Math.round((width * (this.#done + under)) / this.total));
    const bar = `${'#'.repeat(filled)}${'-'.repeat(width - filled)}`;
    const room = Math.max(0, (process.stderr.columns ?? 80) - width - 30);
    process.stderr.write(`\r\x1b[K[${bar}] ${this.#done} of ${this.total}  ${room ? file.slice(-room) : ''}`);
  }

  /** @param {string} file */
  finish(file) {
    this.#current.delete(file);
    this.#done++;
  }

  /** Makes room for other output. */
  clear() {
    if (this.shown) process.stderr.write('\r\x1b[K');
  }
}
