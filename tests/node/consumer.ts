// SPDX-License-Identifier: MIT
//
// A program in TypeScript that uses the package. Compiled by package.test.js, never run.

import type { EmovoxRecorder } from '../../dist/lib/element.js';
import {
  type Adaptation,
  Emovox,
  EmovoxError,
  type EmovoxErrorCode,
  type JudgeOptions,
  type LogMelResult,
  type Result,
  type Segment,
  type Speaker,
} from '../../dist/lib/emovox.js';
import { Emovox as Inline } from '../../dist/lib/inline.js';

export async function use(file: File): Promise<number[]> {
  await using emovox = await Emovox.create({ model: 'small', onProgress: ({ loaded }) => loaded });
  const seen: Segment[] = [];
  const result: Result = await emovox.analyze(file, { onSegment: (segment) => seen.push(segment) });
  await emovox.analyze(new Float32Array(16000), { sampleRate: 16000, signal: AbortSignal.timeout(1000) });
  for await (const { start, label } of emovox.stream(file)) label.padEnd(start);
  const speaker: Speaker = await emovox.speaker();
  const { weight } = await speaker.enroll(file, { signal: AbortSignal.timeout(1000) });
  const profile: Uint8Array = await speaker.save();
  await speaker.close();
  const known = await emovox.analyze(file, { speaker: await emovox.speaker(profile) });
  const judgeable: Result = await emovox.analyze(file, {
    prior: { neutral: 2 },
    labels: ['neutral', 'sad'],
    evidence: true,
    onRevised: (segments) => seen.push(...segments),
  });
  const how: JudgeOptions = { prior: 'even', speaker, threshold: 0 };
  const judged: Result = await emovox.judge(judgeable, how);
  const learnt: Adaptation = await speaker.hear(judged);
  const kept: Float32Array<ArrayBuffer>[] = [];
  const recording = await emovox.listen({
    speaker,
    enroll: true,
    threshold: 0,
    onSamples: (block) => kept.push(block),
  });
  const spectrogram: LogMelResult = await emovox.logMel(kept[0], { sampleRate: recording.sampleRate, start: 1 });
  await emovox.analyze(file, { hop: emovox.model.hopSeconds / 2, onPeaks: (peaks) => kept.push(peaks) });
  recording.pause();
  recording.resume();
  const heard: Result = await recording.stop();
  const large = await Emovox.create({ model: 'large', worker: new URL('worker.js', 'https://example.org') });
  const inline: Emovox = await Inline.create({ worker: () => new Worker('worker.js', { type: 'module' }) });
  await inline.close();
  const moments: number[] = seen[0].salience.map((weight) => weight * large.model.salienceSeconds);
  return [
    ...moments,
    weight,
    known.adaptation?.seconds ?? 0,
    learnt.seconds + judged.agreement + judged.probability + judged.prior.sad + (seen[0].evidence?.[0] ?? 0),
    result.intensity,
    result.valence,
    result.arousal,
    result.engine.seconds,
    heard.votes.happy,
    spectrogram.values[spectrogram.bands],
    seen[0].probabilities.happy,
    emovox.model.hopSeconds,
  ];
}

export function code(error: unknown): EmovoxErrorCode | undefined {
  return error instanceof EmovoxError ? error.code : undefined;
}

export function misuse(emovox: Emovox, error: EmovoxError): boolean {
  // @ts-expect-error a function must make a worker
  void Emovox.create({ worker: () => 'worker.js' });
  // @ts-expect-error a number is no recording
  void emovox.analyze(42);
  // @ts-expect-error a profile is no speaker
  void emovox.analyze(new Blob(), { speaker: new Uint8Array(9) });
  // @ts-expect-error no such prior
  void emovox.analyze(new Blob(), { prior: 'odd' });
  // @ts-expect-error segments have a probability
  void emovox.analyze(new Blob()).then(({ segments }) => segments[0].confidence);
  // @ts-expect-error no such code
  return error.code === 'nonsense';
}

export async function element(file: File): Promise<number> {
  const recorder: EmovoxRecorder = document.createElement('emovox-recorder');
  recorder.model = 'large';
  recorder.prior = 'even';
  recorder.prior = { neutral: 2, sad: 0.5 };
  recorder.labels = ['neutral', 'sad'];
  recorder.addEventListener('emovox-result', ({ detail }) => detail.emotion.padEnd(1));
  recorder.addEventListener('emovox-segment', ({ detail }) => detail.salience.length);
  document.body.addEventListener('emovox-error', ({ detail }) => detail.code === 'undecodable');
  document.body.addEventListener('emovox-progress', ({ detail }) => detail.stage === 'load' && detail.fraction);
  await recorder.record();
  const stopped = await recorder.stop();
  recorder.cancel();
  // @ts-expect-error read only
  recorder.result = stopped;
  const { agreement } = await recorder.analyze(file);
  return agreement + (document.querySelector('emovox-recorder')?.result?.votes.happy ?? 0);
}
