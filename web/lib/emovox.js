// SPDX-License-Identifier: MIT

import { abortError, EmovoxError } from './errors.js';
import { fetchModel, fetchWasm, LoadProgress } from './load.js';
import { AudioCapture, openMicrophone } from './microphone.js';
import { decodeWholeFile, interleave, isAudioBuffer, monoBuffer, toBlob } from './source.js';

/** @import { Whose } from './protocol.js' */
/** @import { Pcm } from './source.js' */

/** @typedef {import('./errors.js').EmovoxErrorCode} EmovoxErrorCode */
/** @typedef {import('./result.js').Adaptation} Adaptation */
/** @typedef {import('./result.js').ModelInfo} ModelInfo */
/** @typedef {import('./result.js').Progress} Progress */
/** @typedef {import('./result.js').Result} Result */
/** @typedef {import('./result.js').Segment} Segment */
/** @typedef {import('./result.js').Summary} Summary */

export { EmovoxError };

/**
 * @typedef {File | Blob | ArrayBuffer | ArrayBufferView | Float32Array | AudioBuffer | URL} Source
 *   An encoded file (File, Blob, ArrayBuffer, view, or the URL of one), or PCM: a Float32Array of mono samples with
 *   its `sampleRate`, or an AudioBuffer.
 */

/**
 * @typedef {object} CreateOptions
 * @property {'small' | 'large' | URL | ArrayBuffer | Uint8Array} [model] the name of a model, where one is, or one
 * @property {string | URL} [baseUrl] where the .wasm files and models/ are served, if not beside this module
 * @property {boolean} [microphone] prepare for recording as well, so that listen() fetches nothing later
 * @property {AbortSignal} [signal]
 * @property {(progress: {loaded: number, total: number | null}) => void} [onProgress] bytes loaded
 */

/**
 * @typedef {object} AnalyzeOptions
 * @property {number} [sampleRate] Hz; needed for a Float32Array
 * @property {Speaker} [speaker] whose voice it is: verdicts adapt to it, and it learns
 * @property {AbortSignal} [signal]
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(segment: Segment) => void} [onSegment]
 */

/**
 * @typedef {object} ListenOptions
 * @property {string} [deviceId] of the microphone, from navigator.mediaDevices.enumerateDevices()
 * @property {Speaker} [speaker] whose voice it is
 * @property {boolean} [enroll] the recording is the speaker's ordinary, calm speech: 10 to 30 s of it suffice
 * @property {AbortSignal} [signal] throws the recording away
 * @property {(segment: Segment) => void} [onSegment]
 * @property {(level: number) => void} [onLevel] loudness of the last few hundredths of a second, 0..1
 */

/**
 * A live recording. `finished` settles when it ends: by stop(), by the signal, or because the microphone went away
 * (then with the verdict about what was heard until there).
 *
 * @typedef {object} Recording
 * @property {() => void} pause hears nothing until resume()
 * @property {() => void} resume
 * @property {() => Promise<Result>} stop releases the microphone; the same promise as `finished`
 * @property {() => Promise<Summary>} peek the verdict so far
 * @property {Promise<Result>} finished
 * @property {number} sampleRate
 */

/**
 * A person whom verdicts adapt to. What has been heard before tells how this person usually sounds, and the better
 * that is known, the more a verdict says how a segment differs from it. Enrolled speech counts in full, other speech
 * as far as it varies.
 *
 * @typedef {object} Speaker
 * @property {(source: Source, options?: Omit<AnalyzeOptions, 'speaker'>) => Promise<Adaptation>} enroll learns from
 *   the person's ordinary, calm speech (10 to 30 s suffice), after the analyses asked for before
 * @property {() => Promise<Uint8Array<ArrayBuffer>>} save the profile, a few hundred bytes without audio, for
 *   `emovox.speaker(profile)` with the same model
 * @property {() => Promise<void>} close forgets everything; an analysis under way goes on to its end
 */

/** Mono samples per message when the page hands PCM to the worker. */
const pullFrames = 32768;

/** A module with a single SIMD instruction. */
const simdProbe = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // "\0asm", version 1
  ...[1, 5, 1, 96, 0, 1, 123], // type: () -> v128
  ...[3, 2, 1, 0], // one function of it
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11], // i8x16.popcnt(i8x16.splat(0))
);

/**
 * Tells the emotion in a voice. One instance holds one worker with one model; analyses queue up, a recording runs
 * beside them.
 */
export class Emovox {
  /** Facts about the model in use. @type {ModelInfo} */ model;
  /** Of the library. @type {string} */ version;

  #worker;
  #nextId = 1;
  /** @type {Map<number, Call>} */ #calls = new Map();
  /** Why nothing more can be asked for. @type {EmovoxError | null} */ #ended = null;
  /** The speakers by their number in the worker. @type {WeakMap<Speaker, number>} */ #speakers = new WeakMap();
  /** The last analysis in the queue. @type {Promise<unknown>} */ #queue = Promise.resolve();
  /** Present once the microphone was asked for. @type {AudioCapture | null} */ #capture = null;

  /**
   * Loads everything there is to load. Nothing is fetched afterwards, except by `analyze(url)`.
   *
   * @param {CreateOptions} [options]
   * @returns {Promise<Emovox>}
   */
  static async create({ model = 'small', baseUrl, microphone = false, signal, onProgress } = {}) {
    if (signal?.aborted) throw abortError(signal);
    if (typeof Worker === 'undefined') throw new EmovoxError('worker-load', 'Emovox.create() needs a browser.');
    if (!WebAssembly.validate(simdProbe)) throw new EmovoxError('no-wasm-simd');

    const progress = new LoadProgress(onProgress);
    const emovox = new Emovox();
    const onAbort = () => emovox.#end(abortError(signal));
    signal?.addEventListener('abort', onAbort);
    try {
      const [wasm, weights] = await Promise.all([
        fetchWasm(baseUrl, progress, signal),
        fetchModel(model, baseUrl, progress, signal),
        microphone ? emovox.#prepareCapture() : undefined,
      ]);
      const loaded = await emovox.#call({ type: 'load', wasm, model: weights }, { transfer: [weights] });
      emovox.model = loaded.model;
      emovox.version = loaded.version;
      return emovox;
    } catch (error) {
      const first = emovox.#ended ?? EmovoxError.from(error); // what ended the worker comes before what that caused
      emovox.#end(first);
      throw first;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** @private use Emovox.create() */
  constructor() {
    this.model = /** @type {ModelInfo} */ ({});
    this.version = '';
    try {
      this.#worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'emovox' });
    } catch (error) {
      throw EmovoxError.from(error, 'worker-load'); // from another origin, which browsers forbid
    }
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      // Before it has said a word it was not found, or the page's policy forbids it; afterwards it has crashed.
      const error = EmovoxError.from(event.message ?? '', this.version ? 'internal' : 'worker-load');
      this.#end(error);
    };
    this.#worker.onmessageerror = () => this.#end(new EmovoxError('internal'));
  }

  /**
   * Analyses one recording, after those asked for before.
   *
   * @param {Source} source
   * @param {AnalyzeOptions} [options]
   * @returns {Promise<Result>}
   */
  analyze(source, options = {}) {
    return this.#enqueue(source, options, {});
  }

  /**
   * @param {Source} source
   * @param {AnalyzeOptions} options
   * @param {{enroll?: boolean}} how
   * @returns {Promise<Result>}
   */
  #enqueue(source, options, how) {
    const { signal } = options;
    const turn = this.#queue;
    const result = (async () => {
      if (signal?.aborted) throw abortError(signal);
      const whose = { ...how, ...this.#whose(options) };
      await orAbort(turn, signal);
      return this.#analyze(source, options, whose);
    })();
    this.#queue = Promise.allSettled([turn, result]);
    return result;
  }

  /**
   * A speaker to adapt to: give it to analyze(), stream() or listen().
   *
   * @param {Uint8Array | ArrayBuffer} [profile] what save() gave; without one, nothing is known yet
   * @returns {Promise<Speaker>}
   */
  async speaker(profile) {
    if (profile !== undefined && !(profile instanceof Uint8Array || profile instanceof ArrayBuffer)) {
      throw new EmovoxError('bad-input', 'Pass the Uint8Array that save() gave, or nothing for a new speaker.');
    }
    const bytes = profile && new Uint8Array(profile);
    const number = await this.#call({ type: 'speaker', profile: bytes ?? null });
    /** @type {Speaker} */
    const speaker = {
      enroll: async (source, options) => {
        const { adaptation } = await this.#enqueue(source, { ...options, speaker }, { enroll: true });
        return /** @type {Adaptation} */ (adaptation);
      },
      save: () => this.#call({ type: 'speaker-save', speaker: number }),
      close: () => this.#call({ type: 'speaker-close', speaker: number }),
    };
    this.#speakers.set(speaker, number);
    return speaker;
  }

  /**
   * @param {{speaker?: Speaker}} options
   * @returns {{speaker?: number}} by its number
   */
  #whose({ speaker }) {
    if (speaker === undefined) return {};
    const number = this.#speakers.get(speaker);
    if (number !== undefined) return { speaker: number };
    throw new EmovoxError('bad-input', 'Pass a speaker that speaker() of the same Emovox object gave.');
  }

  /**
   * The segments of a recording as they ripen; the generator's return value is the result.
   *
   * @param {Source} source
   * @param {Omit<AnalyzeOptions, 'onSegment'>} [options]
   * @returns {AsyncGenerator<Segment, Result>}
   */
  async *stream(source, { signal, ...options } = {}) {
    const stop = new AbortController();
    const onAbort = () => stop.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort);
    /** @type {Segment[]} */
    const ready = [];
    let wake = () => {};
    let settled = false;
    const onSegment = (/** @type {Segment} */ segment) => {
      ready.push(segment);
      wake();
    };
    const result = this.analyze(source, { ...options, onSegment, signal: stop.signal });
    const settle = () => {
      settled = true;
      wake();
    };
    result.then(settle, settle);
    try {
      for (;;) {
        while (ready.length > 0) yield/** @type {Segment} */ (ready.shift());
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

  /**
   * Records from the microphone and analyses while recording. Call it from a click or key handler.
   *
   * @param {ListenOptions} [options]
   * @returns {Promise<Recording>}
   */
  async listen({ deviceId, speaker, enroll = false, signal, onSegment, onLevel } = {}) {
    if (this.#ended) throw this.#ended;
    if (enroll && !speaker) throw new EmovoxError('bad-input', 'Pass the speaker to enroll.');
    const whose = { enroll, ...this.#whose({ speaker }) };
    if (signal?.aborted) throw abortError(signal);
    // The context must be started within the click, before anything is awaited (iOS).
    this.#capture ??= new AudioCapture();
    const capture = this.#capture;
    if (capture.busy) throw new EmovoxError('bad-input', 'A recording is under way; stop it before the next one.');
    const microphone = await openMicrophone(capture, { deviceId, signal, onLevel });
    if (this.#ended) {
      microphone.release();
      throw this.#ended;
    }
    const { port, sampleRate } = microphone;
    const call = this.#start({ type: 'listen', sampleRate, port, ...whose }, { transfer: [port], signal, onSegment });
    const finished = call.promise.finally(() => microphone.release());
    finished.catch(() => {}); // whoever awaits it gets the error; nobody has to
    const stop = () => {
      microphone.end();
      this.#send({ type: 'finish', id: call.id });
      return finished;
    };
    microphone.onended = stop;
    return {
      sampleRate,
      finished,
      stop,
      pause: () => microphone.pause(),
      resume: () => microphone.resume(),
      peek: () =>
        new Promise((resolve, reject) => {
          call.peeks.push(resolve);
          finished.then(resolve, reject);
          this.#send({ type: 'peek', id: call.id });
        }),
    };
  }

  /**
   * @returns {Promise<{wasmMemoryBytes: number}>}
   */
  stats() {
    return this.#call({ type: 'stats' });
  }

  /** Ends the worker and gives all its memory back. What is under way rejects with `closed`. */
  async close() {
    this.#end(new EmovoxError('closed'));
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  /**
   * @param {Source} source
   * @param {AnalyzeOptions} options
   * @param {Whose} whose
   * @returns {Promise<Result>}
   */
  async #analyze(source, options, whose) {
    const { signal, sampleRate } = options;
    if (this.#ended) throw this.#ended;
    if (isAudioBuffer(source)) return this.#analyzePcm(source, options, whose);
    if (source instanceof Float32Array) {
      if (typeof sampleRate !== 'number') {
        throw new EmovoxError('bad-input', 'A Float32Array needs its sampleRate: analyze(samples, { sampleRate }).');
      }
      return this.#analyzePcm(monoBuffer(source, sampleRate), options, whose);
    }
    const blob = await toBlob(source, signal);
    const file = await this.#call({ type: 'analyze-file', blob, ...whose }, options);
    if (file !== wholeFile) return file;
    return this.#analyzePcm(await orAbort(decodeWholeFile(blob), signal), options, whose);
  }

  /**
   * @param {Pcm} buffer
   * @param {AnalyzeOptions} options
   * @param {Whose} whose
   * @returns {Promise<Result>}
   */
  #analyzePcm(buffer, options, whose) {
    const { sampleRate, numberOfChannels: channels, length } = buffer;
    let at = 0;
    const onPull = () => {
      const block = at < length ? interleave(buffer, at, Math.min(pullFrames, length - at)) : null;
      at += pullFrames;
      return block;
    };
    const request = { type: 'analyze-pcm', sampleRate, channels, duration: length / sampleRate, ...whose };
    return this.#call(request, { ...options, onPull });
  }

  /** @returns {Promise<void>} */
  async #prepareCapture() {
    if (!AudioCapture.supported) return; // listen() will say so
    this.#capture = new AudioCapture();
    await this.#capture.ready.catch(() => {}); // as well
  }

  /**
   * @param {{type: string, [key: string]: unknown}} request
   * @param {CallOptions} [options]
   * @returns {Promise<any>}
   */
  #call(request, options) {
    return this.#start(request, options).promise;
  }

  /**
   * Starts a job in the worker.
   *
   * @param {{type: string, [key: string]: unknown}} request
   * @param {CallOptions} [options]
   * @returns {Call}
   */
  #start(request, { transfer = [], signal, onSegment, onProgress, onPull } = {}) {
    const id = this.#nextId++;
    const call = /** @type {Call} */ (/** @type {unknown} */ ({ id, onSegment, onProgress, onPull, peeks: [] }));
    const onAbort = () => {
      this.#send({ type: 'cancel', id });
      call.reject(abortError(signal));
    };
    call.promise = new Promise((resolve, reject) => {
      const settle = () => {
        this.#calls.delete(id);
        signal?.removeEventListener('abort', onAbort);
      };
      call.resolve = (value) => {
        settle();
        resolve(value);
      };
      call.reject = (error) => {
        settle();
        reject(error);
      };
    });
    if (this.#ended) {
      call.reject(this.#ended);
    } else {
      this.#calls.set(id, call);
      this.#send({ ...request, id }, transfer);
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort);
    }
    return call;
  }

  /**
   * @param {object} message
   * @param {Transferable[]} [transfer]
   */
  #send(message, transfer = []) {
    if (!this.#ended) this.#worker.postMessage(message, transfer);
  }

  /** @param {import('./protocol.js').Reply} reply */
  #receive(reply) {
    const call = this.#calls.get(reply.id);
    if (!call) return;
    switch (reply.type) {
      case 'segment':
        return call.onSegment?.(reply.value);
      case 'progress':
        return call.onProgress?.(reply.value);
      case 'peeked':
        return call.peeks.shift()?.(reply.value);
      case 'pull': {
        const block = call.onPull?.() ?? null;
        return this.#send({ type: 'pcm', id: reply.id, block }, block ? [block.buffer] : []);
      }
      case 'whole-file':
        return call.resolve(wholeFile);
      case 'error':
        return call.reject(new EmovoxError(reply.code, reply.message));
      case 'done':
        return call.resolve(reply.value);
    }
  }

  /** @param {EmovoxError} error */
  #end(error) {
    if (this.#ended) return;
    this.#ended = error;
    this.#worker.terminate();
    this.#capture?.close();
    for (const call of [...this.#calls.values()]) call.reject(error);
  }
}

/**
 * A job under way.
 *
 * @typedef {object} Call
 * @property {number} id
 * @property {Promise<any>} promise
 * @property {(value: any) => void} resolve
 * @property {(error: EmovoxError) => void} reject
 * @property {((segment: Segment) => void)} [onSegment]
 * @property {((progress: Progress) => void)} [onProgress]
 * @property {() => Float32Array<ArrayBuffer> | null} [onPull]
 * @property {((summary: Summary) => void)[]} peeks
 */

/**
 * @typedef {object} CallOptions
 * @property {Transferable[]} [transfer]
 * @property {AbortSignal} [signal]
 * @property {(segment: Segment) => void} [onSegment]
 * @property {(progress: Progress) => void} [onProgress]
 * @property {() => Float32Array<ArrayBuffer> | null} [onPull]
 */

/** The worker's answer for a file that only decodeAudioData() may be able to read. */
const wholeFile = Symbol('whole file');

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>} rejects as soon as the signal fires
 */
async function orAbort(promise, signal) {
  if (!signal) return promise;
  if (signal.aborted) throw abortError(signal);
  let onAbort = () => {};
  const aborted = new Promise((_, reject) => {
    onAbort = () => reject(abortError(signal));
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await /** @type {Promise<T>} */ (Promise.race([promise, aborted]));
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
