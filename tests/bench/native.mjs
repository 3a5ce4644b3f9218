// SPDX-License-Identifier: MIT
//
// The command line beside the same in Python (pipeline.py), on one thread each.

import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../../src/deps/setup.mjs';
import { writeRecording } from './audio.mjs';
import { tolerance } from './rounds.mjs';
import { folder, models, python } from './setup.mjs';
import { digits, median } from './table.mjs';

const oneThread = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

/** pipeline.py with everything loaded; ask(model) has it analyse the recording once more. */
async function startPipeline(wav) {
  const script = path.join(root, 'tests/bench/pipeline.py');
  const child = spawn(python, [script, wav], { env: oneThread, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('pipeline.py has ended early.');
    return JSON.parse(value);
  };
  const batches = await answer();
  return {
    batches,
    ask: (model) => {
      child.stdin.write(`${model}\n`);
      return answer();
    },
    end: () => child.stdin.end(),
  };
}

/**
 * @param {Float32Array} samples
 * @param {{rounds: number, seconds: number, times: number}} options the longer recording is so many times as long
 * @returns {Promise<import('./table.mjs').Row[]>}
 */
export async function native(samples, { rounds, seconds, times }) {
  const files = { short: path.join(folder, 'speech.wav'), long: path.join(folder, 'long.wav') };
  writeRecording(files.long, samples, times);
  const analyze = (model, file) => {
    const args = ['analyze', '--model', model, '--json', '--evidence', file];
    const begin = performance.now();
    const json = execFileSync(path.join(root, 'build/native/emovox'), args, { maxBuffer: 1 << 28 });
    return { time: (performance.now() - begin) / 1000, result: JSON.parse(json) };
  };
  const pipeline = await startPipeline(files.short);
  const results = Object.fromEntries(models.map((model) => [model, { engine: [], start: [], python: [] }]));
  for (let i = 0; i < rounds; i++) {
    for (const model of models) {
      const short = analyze(model, files.short);
      const { time } = analyze(model, files.long);
      const slope = (time - short.time) / (times - 1);
      results[model].engine.push(slope);
      results[model].start.push(short.time - slope);
      const answer = await pipeline.ask(model);
      results[model].python.push(answer.seconds);
      if (i === 0) agree(model, short.result.segments, answer.probabilities);
    }
  }
  pipeline.end();
  return models.flatMap((model) => {
    const { engine, start, python: other } = results[model];
    const row = (name, values, note) => ({
      section: 'native, one thread, per minute of audio',
      name: `${model}: ${name}`,
      unit: 'ms',
      values: values.map((value) => (value * 60000) / seconds),
      base: engine.map((value) => (value * 60000) / seconds),
      note: `${digits(seconds / median(values))} × real time; ${note}`,
    });
    return [
      row('command line', engine, `without its start, ${digits(1000 * median(start))} ms`),
      row('librosa and PyTorch', other, `everything loaded before, batch ${pipeline.batches[model]}`),
    ];
  });
}

/** Whether the network gives the same probabilities, before they are judged. */
function agree(model, segments, probabilities) {
  if (segments.length !== probabilities.length) throw new Error(`${model}: other segments in Python`);
  for (const [i, segment] of segments.entries()) {
    if (segment.label === 'no speech') continue;
    const worst = Math.max(...probabilities[i].map((p, k) => Math.abs(p - Math.exp(segment.evidence[k]))));
    if (!(worst < tolerance)) throw new Error(`${model}: segment ${i} differs by ${worst} in Python.`);
  }
}
