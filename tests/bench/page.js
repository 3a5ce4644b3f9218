// SPDX-License-Identifier: MIT
//
// What the rounds run in the page. The library works in its worker, the others right here, which spares them the way
// there and back.

import { LogMel } from './peers/logmel.js';
import { meydaBands } from './peers/meyda.js';
import { Onnxruntime } from './peers/onnxruntime.js';
import { readSafetensors } from './peers/safetensors.js';
import { sequences } from './peers/sequences.js';
import { Tfjs } from './peers/tfjs.js';
import { Stages } from './stages.js';

const load = async (url) => (await fetch(url)).arrayBuffer();

/** @returns {Promise<number>} seconds */
async function timed(task) {
  const start = performance.now();
  await task();
  return (performance.now() - start) / 1000;
}

/** The batch size with which a peer is fastest, after a run of each to warm up. */
async function bestBatch(peer, list, batches) {
  const some = list.slice(0, Math.max(...batches));
  const seconds = new Map();
  for (const batch of batches) {
    await peer.judge(some, batch);
    seconds.set(batch, await timed(() => peer.judge(some, batch)));
  }
  return [...seconds].reduce((best, next) => (next[1] < best[1] ? next : best))[0];
}

/** The largest difference between probabilities as the network gives them, where the library judged. */
function difference(verdicts, segments) {
  if (verdicts.length !== segments.length) throw new Error(`${verdicts.length} verdicts, ${segments.length} segments`);
  const each = segments.map(({ probabilities, evidence }, i) =>
    Math.max(
      ...Object.keys(probabilities).map((_, k) => (evidence ? Math.abs(Math.exp(evidence[k]) - verdicts[i][k]) : 0)),
    ),
  );
  return Math.max(...each);
}

/** Majority, as the library has it. */
function vote(verdicts) {
  const votes = new Map();
  for (const verdict of verdicts) {
    const label = verdict.indexOf(Math.max(...verdict));
    votes.set(label, (votes.get(label) ?? 0) + 1);
  }
  return [...votes].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** By what the table calls them; they return the seconds they took, or those of each stage. */
const tasks = new Map();

/**
 * Loads everybody and sees whether they agree, which also warms them up.
 * @param {number[]} batches to choose from
 * @param {string} build folder of the module with a stopwatch
 * @returns {Promise<Record<string, {batch: number, count: number, difference: number}>>} by task: batch size, number of
 *   sequences, largest difference of a probability from the library's
 */
async function prepare(batches, build) {
  const { Emovox } = await import('/dist/lib/emovox.js');
  const wav = await load('/build/bench/speech.wav');
  const pcm = Float32Array.from(new Int16Array(wav, 44), (value) => value / 32768);
  const pcm48 = Float32Array.from({ length: 3 * pcm.length }, (_, i) => pcm[Math.floor(i / 3)]);
  const stages = await Stages.load(`/${build}/emovox_bench.wasm`);
  const checked = {};

  for (const name of ['small', 'large']) {
    const file = await load(`/model/emovox-${name}.safetensors`);
    const model = readSafetensors(file);
    const { sequence, front_end } = model.metadata;
    const logmel = new LogMel(front_end);
    const list = sequences(logmel.run(pcm), model.metadata);
    const emovox = await Emovox.create({ model: name });
    const { segments } = await emovox.analyze(pcm, { sampleRate: 16000, evidence: true });

    stages.addModel(name, file);
    tasks.set(`${name}: emovox`, () => timed(() => emovox.analyze(pcm, { sampleRate: 16000 })));
    tasks.set(`${name}, network: emovox`, () => timed(() => stages.judge(name, list)));
    tasks.set(`${name}, stages`, () => stages.analyze(name, pcm, 16000));
    checked[`${name}, network: emovox`] = {
      batch: 1,
      count: list.length,
      difference: difference(stages.judge(name, list), segments),
    };
    if (name === 'small') {
      tasks.set('small: emovox, 48 kHz', () => timed(() => emovox.analyze(pcm48, { sampleRate: 48000 })));
      tasks.set('small: emovox, WAV file', () => timed(() => emovox.analyze(new Blob([wav]))));
      tasks.set('small, stages at 48 kHz', () => stages.analyze(name, pcm48, 48000));
      tasks.set('log-mel: plain C', () => timed(() => stages.plainLogmel(pcm)));
      tasks.set('log-mel: JavaScript', () => timed(() => logmel.run(pcm)));
      tasks.set('log-mel: Meyda', () => timed(() => meydaBands(pcm, front_end)));
      agree('plain C', stages.plainLogmel(pcm), logmel.run(pcm));
    }

    const shape = [sequence.frames, front_end.n_mels];
    const peers = { 'onnxruntime-web': await Onnxruntime.load(`/build/bench/emovox-${name}.onnx`, shape) };
    if (name === 'small') peers['tfjs-wasm'] = await Tfjs.load(model);
    for (const [peer, runtime] of Object.entries(peers)) {
      const batch = await bestBatch(runtime, list, batches);
      const judge = (windows) => runtime.judge(windows, batch);
      const endToEnd = async () => vote(await judge(sequences(logmel.run(pcm), model.metadata)));
      tasks.set(`${name}: ${peer}`, () => timed(endToEnd));
      tasks.set(`${name}, network: ${peer}`, () => timed(() => judge(list)));
      checked[`${name}: ${peer}`] = {
        batch,
        count: list.length,
        difference: difference(await judge(list), segments),
      };
    }
  }
  tasks.set('limit', async () => stages.limit());
  return checked;
}

/** Two that should have the same features. */
function agree(name, actual, expected) {
  const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
  if (!(worst < 1e-3)) throw new Error(`The log-mel of ${name} differs by ${worst}.`);
}

/**
 * Every task once, beginning with another one each time.
 * @param {number} number of the round
 */
async function round(number) {
  const entries = [...tasks];
  const at = (number * 5) % entries.length;
  const results = {};
  for (const [name, task] of [...entries.slice(at), ...entries.slice(0, at)]) results[name] = await task();
  return results;
}

Object.assign(globalThis, { bench: { prepare, round } });
