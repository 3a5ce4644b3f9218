// SPDX-License-Identifier: MIT
//
// The library in Node: the same engine, models and demuxer as in the browser, without a worker. An analysis gives way
// to other work every few milliseconds. Nothing runs when this is imported, so that servers may.

import { readFile } from 'node:fs/promises';
import { setImmediate as nextTask } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { registerDecoders } from './decoders.js';
import { Engine, progressOf } from './engine.js';
import { abortError, addMessages, EmovoxError } from './errors.js';
import { FileBlob } from './file-blob.js';
import { heardOf, judgedAgain, judgingOf, resultOf } from './judging.js';
import { messages } from './messages.js';
import {
  analyzeOptions,
  checkLogMelOptions,
  checkOptions,
  enrollOptions,
  judgeOptions,
  kinds,
  refuseDetached,
  streamOptions,
} from './options.js';
import { Gate, segmentsOf } from './stream.js';
import { cut, framesOf } from './stretch.js';

/** @import { Analyzer, LogMel, Model, Speaker as EngineSpeaker } from './engine.js' */
/** @import { Flow } from './stream.js' */
/** @import { Stretch } from './stretch.js' */

/** @typedef {import('./errors.js').EmovoxErrorCode} EmovoxErrorCode */
/** @typedef {import('./result.js').Adaptation} Adaptation */
/** @typedef {import('./result.js').LogMelResult} LogMelResult */
/** @typedef {import('./result.js').ModelInfo} ModelInfo */
/** @typedef {import('./result.js').Prior} Prior */
/** @typedef {import('./result.js').Progress} Progress */
/** @typedef {import('./result.js').Result} Result */
/** @typedef {import('./result.js').Segment} Segment */

export { EmovoxError };

addMessages(messages);

/**
 * @typedef {Blob | ArrayBuffer | ArrayBufferView | Float32Array | AsyncIterable<Float32Array> | URL} Source
 *   An encoded file (Blob, ArrayBuffer, Buffer or another view, or the URL of one: file:, https:), or PCM with its
 *   `sampleRate`, -1..1: a Float32Array of mono samples, or an async iterable of blocks, interleaved if `channels` says
 *   that there are several. WAV, FLAC, MP3, Ogg (Vorbis, Opus) and WebM are read, M4A and MP4 once the package
 *   `@audio/decode-aac` is installed.
 */

/**
 * @typedef {object} CreateOptions
 * @property {'small' | 'large' | URL | ArrayBuffer | Uint8Array} [model] the name of a model, where one is, or one
 * @property {string | URL} [baseUrl] the folder with the .wasm files and models/, a path or a file: URL, if not the
 *   one of this module
 * @property {AbortSignal} [signal]
 * @property {(progress: {stage: 'load', fraction: null, loaded: number, total: null}) => void} [onProgress] bytes
 */

/**
 * @typedef {object} AnalyzeOptions
 * @property {number} [sampleRate] Hz, 8000..192000; needed for PCM
 * @property {number} [channels] of an async iterable of PCM, 1..32 (default 1)
 * @property {Speaker} [speaker] whose voice it is: verdicts adapt to it, and it learns
 * @property {number} [hop] seconds from one segment's start to the next, 0.25 to `model.sequenceSeconds`, instead of
 *   `model.hopSeconds`; half of it takes twice the time
 * @property {Prior} [prior] how common each emotion is where the recording comes from: `everyday` by default, `even`,
 *   which suits actors who play all emotions alike, or weights by emotion, 0 to 1000000, 1 for those left out
 * @property {string[]} [labels] the emotions that may be the answer, two or more; all that the model knows by default
 * @property {number} [threshold] the probability below which a segment votes `uncertain`, 0 to 1, instead of
 *   `model.threshold`; 0 forces answers
 * @property {boolean} [evidence] the result keeps what it was made of, for judge() and for speaker.hear()
 * @property {AbortSignal} [signal]
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(segment: Segment) => void} [onSegment] with a speaker, judged by what was heard until then
 * @property {(segments: Segment[]) => void} [onRevised] with a speaker: all segments as the result has them, judged by
 *   what the whole recording told; called once, before the promise settles, if that changed any
 * @property {(peaks: Float32Array<ArrayBuffer>) => void} [onPeaks] for a picture of the waveform: 100 values per second,
 *   each the greatest absolute sample of the channels' mean in its 10 ms, 0..1 (above where floats clip). All calls
 *   together give the whole recording in order, by some 10 s
 */

/**
 * How a result is judged anew; what is left out is as for analyze() by default, whatever it was judged with before.
 *
 * @typedef {object} JudgeOptions
 * @property {Speaker} [speaker] whose voice it is; it learns nothing. Without one, the voice is a stranger's
 * @property {Prior} [prior]
 * @property {string[]} [labels]
 * @property {number} [threshold]
 */

/**
 * @typedef {object} LogMelOptions
 * @property {number} [start] seconds, where the stretch begins that is wanted; 0 by default
 * @property {number} [end] seconds, where it ends; by default with the recording
 * @property {number} [sampleRate] as for analyze()
 * @property {number} [channels]
 * @property {AbortSignal} [signal]
 */

/**
 * A person whom verdicts adapt to.
 *
 * @typedef {object} Speaker
 * @property {(source: Source, options?: Omit<AnalyzeOptions, 'speaker'>) => Promise<Adaptation>} enroll learns from
 *   the person's ordinary, calm speech (10 to 30 s suffice), after the analyses asked for before
 * @property {(result: Result) => Promise<Adaptation>} hear learns from a result with evidence that was made without this
 *   speaker, each once; those made with it have been heard
 * @property {() => Promise<Uint8Array<ArrayBuffer>>} save the profile, a few hundred bytes without audio, for
 *   `emovox.speaker(profile)` with the same model
 * @property {() => Promise<void>} close forgets everything; an analysis under way goes on to its end
 */

const createOptions = { model: null, baseUrl: kinds.url, signal: kinds.signal, onProgress: kinds.function };

/** How long an analysis may work before it lets others work. */
const sliceMilliseconds = 20;
/** Values per step of it, a fraction of a second of audio. */
const stepValues = 4096;
/** Peaks per call of onPeaks: those of 10 s. */
const peakBatch = 1000;

/** @type {Promise<typeof import('./decode.js')> | undefined} */
let decoder;

/**
 * Tells the emotion in a voice. One instance holds one model; analyses queue up.
 *
 * @example
 * import { Emovox } from 'emovox';
 *
 * const emovox = await Emovox.create();
 * const { emotion, agreement } = await emovox.analyze(new URL('recording.wav', import.meta.url));
 * console.log(emotion, agreement);
 * await emovox.close();
 */
export class Emovox {
  /** Facts about the model in use. @type {ModelInfo} */ model;
  /** Of the library. @type {string} */ version;

  /** None once this is closed. @type {Model | undefined} */ #model;
  /** What is under way. @type {Set<AbortController>} */ #jobs = new Set();
  /** @type {WeakMap<Speaker, EngineSpeaker>} */ #speakers = new WeakMap();
  /** The last analysis in the queue. @type {Promise<unknown>} */ #queue = Promise.resolve();

  /**
   * Reads everything there is to load.
   *
   * @param {CreateOptions} [options]
   * @returns {Promise<Emovox>}
   * @throws {EmovoxError} `wasm-load`, `model-load`, `model-invalid`, `bad-input`, `aborted`
   */
  static async create(options = {}) {
    checkOptions('create()', options, createOptions);
    const { model = 'small', baseUrl, signal, onProgress } = options;
    let loaded = 0;
    const read = async (/** @type {URL} */ url) => {
      const bytes = await fetchBytes(url, signal);
      loaded += bytes.byteLength;
      onProgress?.({ stage: 'load', fraction: null, loaded, total: null });
      return bytes;
    };
    try {
      if (signal?.aborted) throw abortError(signal);
      const folder = baseUrl === undefined ? undefined : directory(baseUrl);
      const weights = loadModel(model, folder, read);
      weights.catch(() => {}); // said below, unless the engine is missing, too
      const engine = await loadEngine(folder, read);
      return new Emovox(engine.openModel(await weights));
    } catch (error) {
      throw signal?.aborted ? abortError(signal) : EmovoxError.from(error);
    }
  }

  /**
   * @private use Emovox.create()
   * @param {Model} model
   */
  constructor(model) {
    this.#model = model;
    this.model = model.info;
    this.version = model.engine.version;
  }

  /**
   * Analyses one recording, after those asked for before.
   *
   * @param {Source} source
   * @param {AnalyzeOptions} [options]
   * @returns {Promise<Result>}
   * @throws {EmovoxError} `bad-input`, `empty`, `too-short`, `not-finite`, `sample-rate`, `undecodable`, `aborted`,
   *   `closed`
   */
  analyze(source, options = {}) {
    return this.#enqueue(source, options, false, () => checkOptions('analyze()', options, analyzeOptions(this.model)));
  }

  /**
   * Judges a result anew, without its audio: with another prior, other labels or another threshold, or by what is known
   * of the speaker by now. It does not wait for analyses under way.
   *
   * @param {Result} result that was made with the option `evidence`, by the same model; it stays as it is
   * @param {JudgeOptions} [options]
   * @returns {Promise<Result>} a new one
   * @throws {EmovoxError} `bad-input`, `bad-option`, `evidence-missing`, `evidence-model`, `memory`, `closed`
   */
  async judge(result, options = {}) {
    checkOptions('judge()', options, judgeOptions(this.model));
    const model = this.#open();
    const how = { ...judgingOf(options), speaker: this.#engineSpeaker(options.speaker) };
    return resultOf(result, model.judge(heardOf(result, this.model), how), this.model);
  }

  /**
   * The segments of a recording as they ripen; the generator's return value is the result.
   *
   * @param {Source} source
   * @param {Omit<AnalyzeOptions, 'onSegment' | 'onRevised'>} [options]
   * @returns {AsyncGenerator<Segment, Result>}
   */
  async *stream(source, options = {}) {
    checkOptions('stream()', options, streamOptions(this.model));
    const { signal } = options;
    return yield* segmentsOf(signal, (how) => this.#enqueue(source, { ...options, ...how }, false));
  }

  /**
   * What the model hears, for a spectrogram: the log-mel frames of a recording or of a stretch of it, which is heard as
   * a recording of its own. Of a file in a container, little more than the stretch is read and decoded. It does not
   * wait for analyses under way.
   *
   * @param {Source} source
   * @param {LogMelOptions} [options]
   * @returns {Promise<LogMelResult>}
   * @throws {EmovoxError} `bad-option`, and as analyze(), but for `too-short`; `empty` also where the recording ends
   *   before the stretch
   */
  async logMel(source, options = {}) {
    checkLogMelOptions(options);
    const { start, end } = options;
    return this.#job(options.signal, async (signal) => {
      const audio = await open(source, options, signal, { start, end });
      const { sampleRate, channels } = audio;
      return read(audio, () => this.#open().engine.openLogMel({ sampleRate, channels, start }), signal);
    });
  }

  /**
   * A speaker to adapt to: give it to analyze() or stream().
   *
   * @param {Uint8Array | ArrayBuffer} [profile] what save() gave; without one, nothing is known yet
   * @returns {Promise<Speaker>}
   * @throws {EmovoxError} `bad-input`, `profile-invalid`, `profile-version`, `profile-model`, `closed`
   */
  async speaker(profile) {
    if (profile !== undefined && !(profile instanceof Uint8Array || profile instanceof ArrayBuffer)) {
      throw new EmovoxError('bad-input', 'Pass the Uint8Array that save() gave, or nothing for a new speaker.');
    }
    refuseDetached(profile);
    const inner = this.#open().openSpeaker(profile && new Uint8Array(profile));
    const known = () => {
      this.#open();
      if (!this.#speakers.has(speaker)) throw closedSpeaker();
      return inner;
    };
    /** @type {Speaker} */
    const speaker = {
      enroll: async (source, options) => {
        const check = () => checkOptions('enroll()', options ?? {}, enrollOptions(this.model));
        const { adaptation } = await this.#enqueue(source, { ...options, speaker }, true, check);
        return /** @type {Adaptation} */ (adaptation);
      },
      hear: async (result) => known().hear(heardOf(result, this.model)),
      save: async () => known().save(),
      close: async () => {
        if (this.#speakers.delete(speaker) && this.#model) inner.close();
      },
    };
    this.#speakers.set(speaker, inner);
    return speaker;
  }

  /**
   * There is no microphone in Node.
   *
   * @returns {Promise<never>}
   * @throws {EmovoxError} `microphone-unsupported`, always
   */
  async listen() {
    throw new EmovoxError(
      'microphone-unsupported',
      'Node has no microphone. Pass the samples as they come: analyze(blocks, { sampleRate }), an async iterable.',
    );
  }

  /** @returns {Promise<{wasmMemoryBytes: number}>} */
  async stats() {
    return { wasmMemoryBytes: this.#open().engine.memoryBytes };
  }

  /** Gives all memory back. What is under way rejects with `closed`. */
  async close() {
    this.#model = undefined;
    for (const job of this.#jobs) job.abort(new EmovoxError('closed'));
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  /** @returns {Model} */
  #open() {
    if (!this.#model) throw new EmovoxError('closed');
    return this.#model;
  }

  /**
   * @param {Source} source
   * @param {AnalyzeOptions & {flow?: Flow}} options
   * @param {boolean} enroll
   * @param {() => void} [check] of the options
   * @returns {Promise<Result>} handled, so that nobody has to wait for it
   */
  #enqueue(source, options, enroll, check) {
    const turn = this.#queue;
    const result = (async () => {
      check?.();
      const how = { ...options, ...judgingOf(options) };
      return this.#job(options.signal, async (signal) => {
        await orAbort(turn, signal);
        return this.#analyze(source, how, enroll, signal);
      });
    })();
    this.#queue = Promise.allSettled([turn, result]).then(() => {}); // keeps no result
    return result;
  }

  /**
   * @template T
   * @param {AbortSignal | undefined} outer the caller's
   * @param {(signal: AbortSignal) => Promise<T>} work the signal fires with `outer` and with close()
   * @returns {Promise<T>}
   */
  async #job(outer, work) {
    const job = new AbortController();
    const onAbort = () => job.abort(abortError(outer));
    const { signal } = job;
    this.#jobs.add(job);
    outer?.addEventListener('abort', onAbort);
    try {
      this.#open();
      if (outer?.aborted) onAbort();
      signal.throwIfAborted();
      return await work(signal);
    } catch (thrown) {
      const error = EmovoxError.from(signal.aborted ? signal.reason : thrown);
      // Anew, as the decoder's file has a class of its own.
      throw new EmovoxError(error.code, error.message, { cause: error.cause });
    } finally {
      outer?.removeEventListener('abort', onAbort);
      this.#jobs.delete(job);
    }
  }

  /**
   * @param {Source} source
   * @param {AnalyzeOptions & {flow?: Flow}} options
   * @param {boolean} enroll
   * @param {AbortSignal} signal
   * @returns {Promise<Result>}
   */
  async #analyze(source, options, enroll, signal) {
    const { hop, prior, labels, threshold, evidence, onSegment, onRevised, onProgress, onPeaks, flow = {} } = options;
    const gate = new Gate();
    flow.hold = (held) => gate.hold(held);
    signal.addEventListener('abort', () => gate.hold(false));
    const audio = await open(source, options, signal);
    const { sampleRate, channels, duration } = audio;
    /** @type {Segment[]} */
    let segments = [];
    const analyzer = () =>
      this.#open().openAnalyzer({
        sampleRate,
        channels,
        enroll,
        hop,
        prior,
        labels,
        threshold,
        evidence,
        onPeaks,
        peakBatch,
        speaker: this.#engineSpeaker(options.speaker),
        onSegment: (segment) => {
          segments.push(segment);
          onSegment?.(segment);
        },
        onRevised: (values) => {
          segments = judgedAgain(segments, values, this.model.labels);
          onRevised?.(segments);
        },
        onProgress: (seconds) => {
          onProgress?.(progressOf(seconds, duration)); // what it returns must not stop the engine
        },
      });
    return { ...(await read(audio, analyzer, signal, gate)), segments };
  }

  /**
   * @param {Speaker | undefined} speaker
   * @returns {EngineSpeaker | undefined}
   */
  #engineSpeaker(speaker) {
    if (speaker === undefined) return undefined;
    const found = this.#speakers.get(speaker);
    if (found) return found;
    if (typeof speaker?.enroll === 'function') throw closedSpeaker();
    throw new EmovoxError('bad-input', 'Pass a speaker that speaker() of the same Emovox object gave.');
  }
}

const closedSpeaker = () =>
  new EmovoxError('closed', 'This speaker is closed, or of another Emovox object; make a new one.');

/**
 * Lets somebody read all of it, and others work every few milliseconds.
 *
 * @template {Analyzer | LogMel} Reader
 * @param {import('./decode.js').DecodedAudio} audio
 * @param {() => Reader} open makes that somebody, who is closed
 * @param {AbortSignal} signal
 * @param {Gate} [gate]
 * @returns {Promise<ReturnType<Reader['result']>>}
 */
async function read({ channels, blocks }, open, signal, gate) {
  let reader;
  try {
    reader = open();
    const step = stepValues - (stepValues % channels);
    let sliceEnd = performance.now() + sliceMilliseconds;
    for await (const block of abortable(blocks, signal)) {
      for (let at = 0; at < block.length; at += step) {
        reader.push(block.subarray(at, at + step));
        if (performance.now() < sliceEnd) continue;
        await nextTask();
        await gate?.closed;
        signal.throwIfAborted();
        sliceEnd = performance.now() + sliceMilliseconds;
      }
    }
    return /** @type {ReturnType<Reader['result']>} */ (reader.result());
  } finally {
    reader?.close();
    blocks.return(undefined).catch(() => {}); // also where nobody could read them
  }
}

/**
 * @param {Source} source
 * @param {AnalyzeOptions} options
 * @param {AbortSignal} signal
 * @param {Stretch} [stretch]
 * @returns {Promise<import('./decode.js').DecodedAudio>}
 */
async function open(source, { sampleRate, channels = 1 }, signal, stretch = {}) {
  refuseDetached(source);
  const blocks = source instanceof Float32Array ? once(source) : source;
  if (isIterable(blocks)) {
    if (typeof sampleRate === 'number') {
      const pcm =
        source instanceof Float32Array
          ? { channels: 1, duration: source.length / sampleRate }
          : { channels, duration: null };
      return { sampleRate, ...pcm, blocks: cut(blocks, pcm.channels, framesOf(stretch, sampleRate)) };
    }
    throw new EmovoxError('bad-input', 'PCM needs its sampleRate: analyze(samples, { sampleRate }).');
  }
  const { decode, ...mediabunny } = await loadDecoder();
  registerDecoders(mediabunny);
  const audio = await decode(await toBlob(source, signal), signal, stretch);
  if (audio) return audio;
  throw new EmovoxError('undecodable', 'This file cannot be read as audio. Choose a WAV, FLAC, MP3, Ogg or M4A file.');
}

/** Most of the library's code, read when the first file comes. */
function loadDecoder() {
  const url = new URL('./decode.js', import.meta.url).href;
  decoder ??= import(/* webpackIgnore: true */ /* @vite-ignore */ url);
  return /** @type {Promise<typeof import('./decode.js')>} */ (decoder).catch((error) => {
    decoder = undefined;
    throw EmovoxError.from(error, 'decoder-load');
  });
}

/** @param {Float32Array} samples */
async function* once(samples) {
  yield samples;
}

/**
 * @param {object} source
 * @returns {source is AsyncIterable<Float32Array>}
 */
function isIterable(source) {
  return source !== null && typeof source === 'object' && Symbol.asyncIterator in source;
}

/**
 * @param {unknown} source
 * @param {AbortSignal} signal
 * @returns {Promise<Blob>}
 */
async function toBlob(source, signal) {
  if (source instanceof Blob) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return new Blob([/** @type {BlobPart} */ (source)]);
  }
  if (!(source instanceof URL)) {
    const message = 'Pass a Blob, ArrayBuffer, Buffer, URL, or a Float32Array with its sampleRate.';
    throw new EmovoxError('bad-input', message);
  }
  try {
    if (source.protocol === 'file:') return await FileBlob.open(source);
    return new Blob([await fetchBytes(source, signal)]);
  } catch (error) {
    throw EmovoxError.from(error, 'undecodable');
  }
}

/**
 * Everything that is read here comes through this.
 *
 * @param {URL} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function fetchBytes(url, signal) {
  if (url.protocol === 'file:') return readFile(url, { signal });
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * The module with relaxed SIMD where this Node has that.
 *
 * @param {URL | undefined} folder
 * @param {(url: URL) => Promise<Uint8Array<ArrayBuffer>>} read
 * @returns {Promise<Engine>}
 */
async function loadEngine(folder, read) {
  const [faster, plain] = folder
    ? [new URL('emovox-relaxed.wasm', folder), new URL('emovox.wasm', folder)]
    : [new URL('./emovox-relaxed.wasm', import.meta.url), new URL('./emovox.wasm', import.meta.url)];
  try {
    // Not validated by a probe: compiling says it just as well.
    return await Engine.load(await read(faster));
  } catch {
    return Engine.load(
      await read(plain).catch((error) => {
        throw EmovoxError.from(error, 'wasm-load');
      }),
    );
  }
}

/**
 * @param {CreateOptions['model']} model
 * @param {URL | undefined} folder
 * @param {(url: URL) => Promise<Uint8Array>} read
 * @returns {Promise<Uint8Array>}
 */
async function loadModel(model, folder, read) {
  refuseDetached(model);
  if (model instanceof Uint8Array) return model;
  if (model instanceof ArrayBuffer) return new Uint8Array(model);
  const own = {
    small: () => new URL('./models/emovox-small.safetensors', import.meta.url),
    large: () => new URL('./models/emovox-large.safetensors', import.meta.url),
  };
  if (!(model instanceof URL || model === 'small' || model === 'large')) {
    const given = typeof model === 'string' ? `'${model}'` : 'of this kind';
    throw new EmovoxError('bad-input', `There is no model ${given}; use 'small', 'large', a URL or bytes.`);
  }
  const named = (/** @type {'small' | 'large'} */ name) =>
    folder ? new URL(`models/emovox-${name}.safetensors`, folder) : own[name]();
  const url = model instanceof URL ? model : named(model);
  return read(url).catch((error) => {
    throw EmovoxError.from(error, 'model-load');
  });
}

/**
 * @param {string | URL} base
 * @returns {URL} the same, ending in a slash, so that names resolve inside it
 */
function directory(base) {
  const text = String(base).replace(/\/?$/, '/');
  return URL.canParse(text) ? new URL(text) : pathToFileURL(text);
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<T>} rejects as soon as the signal fires
 */
function orAbort(promise, signal) {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/**
 * @template T
 * @param {AsyncIterable<T>} iterable
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<T>} the same, that ends with an error as soon as the signal fires
 */
async function* abortable(iterable, signal) {
  const iterator = iterable[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await orAbort(Promise.resolve(iterator.next()), signal);
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: a source that waits for more audio ends when that comes.
    Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
