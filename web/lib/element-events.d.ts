// SPDX-License-Identifier: MIT
// What JavaScript cannot tell TypeScript: the names of the element and of its events.

import type { EmovoxRecorder } from './element.js';
import type { EmovoxError, Result, Segment } from './emovox.js';

/** How far the work has come. */
export interface EmovoxRecorderProgress {
  /** `load`: wasm and model are being fetched; `analyze`: a file is being decoded and analysed */
  stage: 'load' | 'analyze';
  /** 0..1, or null if it cannot be known */
  fraction: number | null;
}

/** The events of `<emovox-recorder>`; they bubble, also out of shadow trees. */
export interface EmovoxRecorderEventMap {
  /** a segment is ready, while recording or analysing */
  'emovox-segment': CustomEvent<Segment>;
  /** the final verdict, which `result` holds from now on */
  'emovox-result': CustomEvent<Result>;
  'emovox-progress': CustomEvent<EmovoxRecorderProgress>;
  /** something failed; not for what was cancelled */
  'emovox-error': CustomEvent<EmovoxError>;
}

declare global {
  interface HTMLElementTagNameMap {
    'emovox-recorder': EmovoxRecorder;
  }
  interface HTMLElementEventMap extends EmovoxRecorderEventMap {}
}
