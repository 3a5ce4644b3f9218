// SPDX-License-Identifier: MIT
//
// What the build puts in.

interface Figure {
  /** unweighted average recall, 0..1 */
  uar: number;
  adapted: number;
}

/** From model/*.report.json. */
declare const EMOVOX_FIGURES: Record<'ravdess' | 'nemo' | 'tess', Record<'small' | 'large', Figure>> & {
  /** share of CREMA-D's clips whose emotion its listeners name, 0..1 */
  people: number;
};

declare module '*.css?inline' {
  const text: string;
  export default text;
}

interface LaunchQueue {
  setConsumer(consumer: (params: { files: FileSystemFileHandle[] }) => void): void;
}
