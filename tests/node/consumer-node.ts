// SPDX-License-Identifier: MIT
//
// The same for Node. Compiled by package.test.js, never run.

import { toAudacityLabels, toCsv, toWebVtt } from '../../dist/lib/export.js';
import {
  Emovox,
  EmovoxError,
  type LogMelResult,
  type Result,
  type Segment,
  type Speaker,
} from '../../dist/lib/node.js';

export async function use(bytes: Uint8Array, blocks: AsyncIterable<Float32Array>): Promise<string[]> {
  await using emovox = await Emovox.create({ model: 'large', baseUrl: '.', signal: AbortSignal.timeout(1000) });
  const speaker: Speaker = await emovox.speaker();
  const result: Result = await emovox.analyze(bytes, { speaker, onProgress: ({ seconds }) => seconds });
  await emovox.analyze(new URL('file:///recording.wav'));
  await emovox.analyze(blocks, { sampleRate: 48000, channels: 2, hop: 1, onPeaks: (peaks) => peaks.length });
  const { bands, values }: LogMelResult = await emovox.logMel(bytes, { start: 1, end: 2 });
  values.fill(bands * emovox.model.threshold);
  const again: Result = await emovox.judge(result, { prior: { sad: 2 }, labels: ['sad', 'calm'], speaker });
  await speaker.hear(again);
  const seen: Segment[] = [];
  for await (const segment of emovox.stream(new Float32Array(9), { sampleRate: 8000 })) seen.push(segment);
  return [toCsv(result), toWebVtt(result), toAudacityLabels(result), seen[0].label];
}

export function misuse(emovox: Emovox, error: unknown): boolean {
  // @ts-expect-error a path is no URL
  void emovox.analyze('recording.wav');
  // @ts-expect-error no such model
  void Emovox.create({ model: 'medium' });
  return error instanceof EmovoxError && error.code === 'closed';
}
