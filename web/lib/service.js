// SPDX-License-Identifier: MIT
//
// What runs in the worker: one engine, one model, any number of speakers and jobs. Long jobs give way to incoming
// messages every few milliseconds, so that a cancel or a live recording never waits for a long file.

import { Engine, progressOf } from './engine.js';
import { abortError, EmovoxError } from './errors.js';
import { Gate } from './stream.js';
import { nextTask } from './task.js';

/** @import { Analyzer, Model, Speaker } from './engine.js' */
/** @import { How, Reply, Request, Task } from './protocol.js' */
/** @import { LogMelResult, Result } from './result.js' */

/**
 * @typedef {object} Job
 * @property {AbortController} abort
 * @property {(block: Float32Array | null) => void} [onPcm] the page's answer to a pull
 * @property {Analyzer} [analyzer] of a live recording
 * @property {() => void} [end] of a live recording: no more audio will come
 * @property {Gate} gate closed while the page wants the job to wait
 * @property {Transferable[]} [transfer] what the page gets of its value without a copy
 */

/** How long a job may work before it lets messages in. */
const sliceMilliseconds = 20;
/** How long a stopped recording waits for the last block from the audio thread. */
const lastBlockMilliseconds = 500;

/** Peaks per message about a file: those of 10 s. */
const peakBatch = 1000;

/** The answer to a file that only the page's one-shot decoder might read. */
const wholeFile = Symbol('whole file');

/** Answers what an Emovox object asks for. */
export class Service {
  /** @type {Model} */ #model;
  /** @type {Map<number, Job>} */ #jobs = new Map();
  /** By the identifier of the job that made them. @type {Map<number, Speaker>} */ #speakers = new Map();
  #decoder;
  #send;

  /**
   * @param {Promise<Pick<typeof import('./decode.js'), 'decode'>>} decoder
   * @param {(reply: Reply, transfer?: Transferable[]) => void} send
   */
  constructor(decoder, send) {
    this.#model = /** @type {any} */ (undefined); // until it is loaded, which comes first
    this.#decoder = decoder;
    this.#send = send;
  }

  /** @param {Request} request */
  async receive(request) {
    const { id } = request;
    switch (request.type) {
      case 'pcm':
        return this.#jobs.get(id)?.onPcm?.(request.block);
      case 'cancel':
        this.#jobs.get(id)?.gate.hold(false);
        return this.#jobs.get(id)?.abort.abort();
      case 'hold':
        return this.#jobs.get(id)?.gate.hold(request.held);
      case 'finish':
        return this.#jobs.get(id)?.end?.();
      case 'peek': {
        const analyzer = this.#jobs.get(id)?.analyzer;
        if (analyzer) this.#send({ type: 'peeked', id, value: analyzer.peek() });
        return;
      }
    }

    /** @type {Job} */
    const job = { abort: new AbortController(), gate: new Gate() };
    this.#jobs.set(id, job);
    try {
      const value = await this.#run(request, job);
      if (value === wholeFile) this.#send({ type: 'whole-file', id });
      else this.#send({ type: 'done', id, value }, job.transfer);
    } catch (thrown) {
      const error = job.abort.signal.aborted ? abortError(job.abort.signal) : EmovoxError.from(thrown);
      this.#send({ type: 'error', id, code: error.code, message: error.message });
    } finally {
      this.#jobs.delete(id);
    }
  }

  /**
   * @param {Exclude<Request, {type: 'pcm' | 'hold' | 'cancel' | 'finish' | 'peek'}>} request
   * @param {Job} job
   * @returns {Promise<any>}
   */
  async #run(request, job) {
    switch (request.type) {
      case 'load': {
        const engine = await Engine.load(request.wasm);
        this.#model = engine.openModel(new Uint8Array(request.model));
        await this.#decoder.catch(() => {}); // shows when it is needed; nothing shall be fetched later
        return { version: engine.version, model: this.#model.info };
      }
      case 'stats':
        return { wasmMemoryBytes: this.#model.engine.memoryBytes };
      case 'read-file':
        return this.#readFile(request, job);
      case 'read-pcm':
        return this.#read(request, job, { ...request, blocks: this.#pull(request.id, job) });
      case 'listen':
        return this.#listen(request, job);
      case 'judge': {
        const verdict = this.#model.judge(request.heard, { ...request.judging, speaker: this.#speakerOf(request) });
        job.transfer = [verdict.segments.buffer];
        return { verdict };
      }
      case 'speaker':
        this.#speakers.set(request.id, this.#model.openSpeaker(request.profile ?? undefined));
        return request.id;
      case 'speaker-save':
        return this.#speakerOf(request)?.save();
      case 'speaker-hear':
        return this.#speakerOf(request)?.hear(request.heard);
      case 'speaker-close':
        this.#speakers.get(request.speaker)?.close(); // once more does no harm
        this.#speakers.delete(request.speaker);
        return;
    }
  }

  /**
   * @param {{speaker?: number}} request
   * @returns {Speaker | undefined}
   */
  #speakerOf({ speaker }) {
    if (speaker === undefined) return undefined;
    const found = this.#speakers.get(speaker);
    if (!found) throw new EmovoxError('closed', 'This speaker is closed; make a new one.');
    return found;
  }

  /**
   * @param {{id: number, blob: Blob} & Task} request
   * @param {Job} job
   * @returns {Promise<Result | LogMelResult | typeof wholeFile>}
   */
  async #readFile(request, job) {
    const { decode } = await this.#decoder.catch((thrown) => {
      throw EmovoxError.from(thrown, 'decoder-load');
    });
    const audio = await decode(request.blob, job.abort.signal, request.logMel);
    return audio ? this.#read(request, job, audio) : wholeFile;
  }

  /**
   * @param {{id: number} & Task} request
   * @param {Job} job
   * @param {import('./decode.js').DecodedAudio} audio
   * @returns {Promise<Result | LogMelResult>}
   */
  async #read(request, job, { sampleRate, channels, duration, blocks }) {
    const { logMel } = request;
    let reader;
    try {
      reader = logMel
        ? this.#model.engine.openLogMel({ sampleRate, channels, start: logMel.start })
        : this.#open(request, { sampleRate, channels, peakBatch }, duration);
      let sliceEnd = performance.now() + sliceMilliseconds;
      for await (const block of blocks) {
        reader.push(block);
        if (performance.now() >= sliceEnd) {
          await nextTask();
          sliceEnd = performance.now() + sliceMilliseconds;
        }
        await job.gate.closed;
        job.abort.signal.throwIfAborted();
      }
      return handOver(reader.result(), job);
    } finally {
      reader?.close();
      blocks.return(undefined).catch(() => {}); // also where nobody could read them
    }
  }

  /**
   * Audio that the page holds, asked for block by block.
   * @param {number} id
   * @param {Job} job
   * @returns {AsyncGenerator<Float32Array>}
   */
  async *#pull(id, job) {
    const ask = () =>
      /** @type {Promise<Float32Array | null>} */ (
        new Promise((resolve, reject) => {
          job.onPcm = resolve;
          job.abort.signal.onabort = reject;
          this.#send({ type: 'pull', id });
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
   * @param {{sampleRate: number, port: MessagePort, id: number} & How} request
   * @param {Job} job
   * @returns {Promise<Result>}
   */
  async #listen(request, job) {
    const { sampleRate, port } = request;
    const analyzer = this.#open(request, { sampleRate }, null);
    job.analyzer = analyzer;
    try {
      await new Promise((resolve, reject) => {
        job.abort.signal.onabort = reject;
        job.end = () => setTimeout(resolve, lastBlockMilliseconds);
        port.onmessage = ({ data }) => {
          try {
            if (data === null) return resolve(undefined);
            analyzer.push(data);
          } catch (error) {
            reject(error);
          }
        };
      });
      return handOver(analyzer.result(), job);
    } finally {
      port.close();
      job.analyzer = undefined;
      analyzer.close();
    }
  }

  /**
   * @param {{id: number} & How} request
   * @param {{sampleRate: number, channels?: number, peakBatch?: number}} audio
   * @param {number | null} duration
   */
  #open(request, audio, duration) {
    const { id, enroll, hop, judging, evidence } = request;
    return this.#model.openAnalyzer({
      ...audio,
      ...judging,
      speaker: this.#speakerOf(request),
      enroll,
      hop,
      evidence,
      onSegment: (value) => this.#send({ type: 'segment', id, value }),
      onRevised: (value) => this.#send({ type: 'revised', id, value }, [value.buffer]),
      onProgress: (seconds) => this.#send({ type: 'progress', id, value: progressOf(seconds, duration) }),
      onPeaks: request.peaks ? (value) => this.#send({ type: 'peaks', id, value }, [value.buffer]) : undefined,
    });
  }

  /** Ends what is under way. */
  close() {
    for (const job of this.#jobs.values()) {
      job.gate.hold(false);
      job.abort.abort();
    }
  }
}

/**
 * A result as the page gets it. The segments of an analysis it has already; log-mel frames it gets without a copy.
 *
 * @template {Result | LogMelResult} T
 * @param {T} result
 * @param {Job} job
 * @returns {T}
 */
function handOver(result, job) {
  if ('values' in result) job.transfer = [result.values.buffer];
  return result;
}
