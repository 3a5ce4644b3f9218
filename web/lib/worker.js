// SPDX-License-Identifier: MIT
//
// The worker: one engine, one model, any number of speakers and jobs. Long jobs give way to incoming messages every few
// milliseconds, so that a cancel or a live recording never waits for a long file.

import { Engine, progressOf } from './engine.js';
import { abortError, EmovoxError } from './errors.js';
import { Gate } from './stream.js';

/** @import { Analyzer, Model, Speaker } from './engine.js' */
/** @import { Reply, Request, Whose } from './protocol.js' */
/** @import { Result } from './result.js' */

/**
 * @typedef {object} Job
 * @property {AbortController} abort
 * @property {(block: Float32Array | null) => void} [onPcm] the page's answer to a pull
 * @property {Analyzer} [analyzer] of a live recording
 * @property {() => void} [end] of a live recording: no more audio will come
 * @property {Gate} gate closed while the page wants the job to wait
 */

/** How long a job may work before it lets messages in. */
const sliceMilliseconds = 20;
/** How long a stopped recording waits for the last block from the audio thread. */
const lastBlockMilliseconds = 500;

/**
 * Most of the library's code, fetched and compiled while the weights come. Named as an asset, its file is copied by
 * bundlers, some of which cannot split a worker.
 * @type {Promise<typeof import('./decode.js')>}
 */
const decoder = import(/* webpackIgnore: true */ /* @vite-ignore */ new URL('./decode.js', import.meta.url).href);

/** The answer to a file that only the page's one-shot decoder might read. */
const wholeFile = Symbol('whole file');

/** @type {Model} */
let model;
/** @type {Map<number, Job>} */
const jobs = new Map();
/** By the identifier of the job that made them. @type {Map<number, Speaker>} */
const speakers = new Map();

/**
 * @param {Reply} reply
 */
const send = (reply) => postMessage(reply);

addEventListener('message', async ({ data }) => {
  const request = /** @type {Request} */ (data);
  const { id } = request;
  switch (request.type) {
    case 'pcm':
      return jobs.get(id)?.onPcm?.(request.block);
    case 'cancel':
      jobs.get(id)?.gate.hold(false);
      return jobs.get(id)?.abort.abort();
    case 'hold':
      return jobs.get(id)?.gate.hold(data.held);
    case 'finish':
      return jobs.get(id)?.end?.();
    case 'peek': {
      const analyzer = jobs.get(id)?.analyzer;
      if (analyzer) send({ type: 'peeked', id, value: analyzer.peek() });
      return;
    }
  }

  /** @type {Job} */
  const job = { abort: new AbortController(), gate: new Gate() };
  jobs.set(id, job);
  try {
    const value = await run(request, job);
    send(value === wholeFile ? { type: 'whole-file', id } : { type: 'done', id, value });
  } catch (thrown) {
    const error = job.abort.signal.aborted ? abortError(job.abort.signal) : EmovoxError.from(thrown);
    send({ type: 'error', id, code: error.code, message: error.message });
  } finally {
    jobs.delete(id);
  }
});

/**
 * @param {Exclude<Request, {type: 'pcm' | 'hold' | 'cancel' | 'finish' | 'peek'}>} request
 * @param {Job} job
 * @returns {Promise<unknown>}
 */
async function run(request, job) {
  switch (request.type) {
    case 'load': {
      const engine = await Engine.load(request.wasm);
      model = engine.openModel(new Uint8Array(request.model));
      await decoder.catch(() => {}); // shows when it is needed; nothing shall be fetched later
      return { version: engine.version, model: model.info };
    }
    case 'stats':
      return { wasmMemoryBytes: model.engine.memoryBytes };
    case 'analyze-file':
      return analyzeFile(request, job);
    case 'analyze-pcm':
      return analyze(request, job, { ...request, blocks: pull(request.id, job) });
    case 'listen':
      return listen(request, job);
    case 'speaker':
      speakers.set(request.id, model.openSpeaker(request.profile ?? undefined));
      return request.id;
    case 'speaker-save':
      return speakerOf(request)?.save();
    case 'speaker-close':
      speakerOf(request)?.close();
      speakers.delete(request.speaker);
      return;
  }
}

/**
 * @param {Whose} request
 * @returns {Speaker | undefined}
 */
function speakerOf({ speaker }) {
  if (speaker === undefined) return undefined;
  const found = speakers.get(speaker);
  if (!found) throw new EmovoxError('closed', 'This speaker is closed; make a new one.');
  return found;
}

/**
 * @param {{id: number, blob: Blob} & Whose} request
 * @param {Job} job
 * @returns {Promise<Result | typeof wholeFile>}
 */
async function analyzeFile(request, job) {
  const { decode } = await decoder.catch((thrown) => {
    throw EmovoxError.from(thrown, 'decoder-load');
  });
  const audio = await decode(request.blob, job.abort.signal);
  return audio ? analyze(request, job, audio) : wholeFile;
}

/**
 * @param {{id: number} & Whose} request
 * @param {Job} job
 * @param {import('./decode.js').DecodedAudio} audio
 * @returns {Promise<Result>}
 */
async function analyze(request, job, { sampleRate, channels, duration, blocks }) {
  const analyzer = open(request, sampleRate, channels, duration);
  try {
    let sliceEnd = performance.now() + sliceMilliseconds;
    for await (const block of blocks) {
      analyzer.push(block);
      if (performance.now() >= sliceEnd) {
        await nextTask();
        sliceEnd = performance.now() + sliceMilliseconds;
      }
      await job.gate.closed;
      job.abort.signal.throwIfAborted();
    }
    return analyzer.result();
  } finally {
    analyzer.close();
  }
}

/**
 * Audio that the page holds, asked for block by block.
 * @param {number} id
 * @param {Job} job
 * @returns {AsyncGenerator<Float32Array>}
 */
async function* pull(id, job) {
  const ask = () =>
    /** @type {Promise<Float32Array | null>} */ (
      new Promise((resolve, reject) => {
        job.onPcm = resolve;
        job.abort.signal.onabort = reject;
        send({ type: 'pull', id });
      })
    );
  let next = ask();
  for (;;) {
    const block = await next;
    if (!block) return;
    next = ask(); // comes while this one is worked on
    next.catch(() => {}); // unless nobody waits for it any more
    yield block;
  }
}

/**
 * A live recording: blocks come through a port of their own, straight from the audio thread.
 * @param {{id: number, sampleRate: number, port: MessagePort} & Whose} request
 * @param {Job} job
 * @returns {Promise<Result>}
 */
async function listen(request, job) {
  const { sampleRate, port } = request;
  const analyzer = open(request, sampleRate, 1, null);
  job.analyzer = analyzer;
  try {
    await new Promise((resolve, reject) => {
      job.abort.signal.onabort = reject;
      job.end = () => setTimeout(resolve, lastBlockMilliseconds);
      port.onmessage = ({ data }) => {
        try {
          if (data === null) resolve(undefined);
          else analyzer.push(data);
        } catch (error) {
          reject(error);
        }
      };
    });
    return analyzer.result();
  } finally {
    port.close();
    job.analyzer = undefined;
    analyzer.close();
  }
}

/**
 * @param {{id: number} & Whose} request
 * @param {number} sampleRate
 * @param {number} channels
 * @param {number | null} duration
 */
function open(request, sampleRate, channels, duration) {
  const { id, enroll } = request;
  return model.openAnalyzer({
    sampleRate,
    channels,
    speaker: speakerOf(request),
    enroll,
    onSegment: (value) => send({ type: 'segment', id, value }),
    onProgress: (seconds) => send({ type: 'progress', id, value: progressOf(seconds, duration) }),
  });
}

/** Lets waiting messages in; unlike setTimeout(0) it is not slowed down when it is called often. */
const { port1, port2 } = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
port1.onmessage = () => waiting.shift()?.();

/** @returns {Promise<void>} */
function nextTask() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}
