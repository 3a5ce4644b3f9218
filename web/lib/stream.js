// SPDX-License-Identifier: MIT

/** @import { Result, Segment } from './result.js' */

/** Segments that pile up before the analysis waits for its reader. */
const pile = 16;

/** @typedef {{hold?: (held: boolean) => void}} Flow lets an analysis wait; `hold` is there once it has begun */

/**
 * The segments of an analysis as they ripen; the return value is its result. It waits for a reader who is slower, and
 * ends when the reader leaves.
 *
 * @param {AbortSignal | undefined} signal
 * @param {(how: {onSegment: (segment: Segment) => void, signal: AbortSignal, flow: Flow}) => Promise<Result>} analyze
 * @returns {AsyncGenerator<Segment, Result>}
 */
export async function* segmentsOf(signal, analyze) {
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort);
  /** @type {Segment[]} */
  const ready = [];
  let wake = () => {};
  let settled = false;
  /** @type {Flow} */
  const flow = {};
  const onSegment = (/** @type {Segment} */ segment) => {
    ready.push(segment);
    if (ready.length === pile) flow.hold?.(true);
    wake();
  };
  const result = analyze({ onSegment, signal: stop.signal, flow });
  const settle = () => {
    settled = true;
    wake();
  };
  result.then(settle, settle);
  try {
    for (;;) {
      while (ready.length > 0) {
        yield/** @type {Segment} */ (ready.shift());
        if (ready.length === pile - 1) flow.hold?.(false);
      }
      if (settled) return await result;
      await new Promise((resolve) => {
        wake = () => resolve(undefined);
      });
    }
  } finally {
    stop.abort();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** What an analysis passes on its way, where it can be made to wait. */
export class Gate {
  /** Until it opens again. @type {Promise<void> | undefined} */ closed;
  #open = () => {};

  /** @param {boolean} held */
  hold(held) {
    this.#open();
    this.closed = held
      ? new Promise((resolve) => {
          this.#open = resolve;
        })
      : undefined;
  }
}
