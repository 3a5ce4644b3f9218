// SPDX-License-Identifier: MIT
// What the build puts in, and what lib.dom.d.ts leaves out.

/** The files of the models by their names, and their SHA-256 in hexadecimal. */
declare const EMOVOX_MODELS: Record<'small' | 'large', { bytes: number; sha256: string }>;

/** What wavesurfer.js puts into its shadow root. */
declare const EMOVOX_WAVEFORM_MARKUP: string;

/** Unweighted average recall, 0..1, for strangers and for speakers whose voice is known. */
interface Figure {
  uar: number;
  adapted: number;
}

/** From model/*.report.json; `people`: the share of CREMA-D's clips whose emotion its listeners name. */
declare const EMOVOX_FIGURES: Record<'ravdess' | 'nemo' | 'tess', Record<'small' | 'large', Figure>> & {
  people: number;
};

declare module '*.css?inline' {
  const text: string;
  export default text;
}

/** Files that the system opens with the installed page. */
interface Window {
  launchQueue?: { setConsumer(consumer: (launch: { files: readonly FileSystemFileHandle[] }) => void): void };
}
