// SPDX-License-Identifier: MIT

import { abortError, addMessages, EmovoxError } from './errors.js';
import { captureWorklet, startWorker } from './files.js';
import { heardOf, judgedAgain, judgingOf, resultOf } from './judging.js';
import { fetchModel, fetchWasm, LoadProgress } from './load.js';
import { messages } from './messages.js';
import { AudioCapture, openMicrophone } from './microphone.js';
import {
  analysisKinds,
  analyzeOptions,
  checkLogMelOptions,
  checkOptions,
  enrollOptions,
  judgeOptions,
  kinds,
  refuseDetached,
  streamOptions,
} from './options.js';
import { decodeWholeFile, isAudioBuffer, isMediaStream, monoBuffer, pcmOf, pcmOfStream, toBlob } from './source.js';
import { segmentsOf } from './stream.js';

/** @import { Call, CallOptions, How, Task } from './protocol.js' */
/** @import { PcmSource } from './source.js' */
/** @import { Flow } from './stream.js' */

/** @typedef {import('./errors.js').EmovoxErrorCode} EmovoxErrorCode */
/** @typedef {import('./result.js').Adaptation} Adaptation */
/** @typedef {import('./result.js').LogMelResult} LogMelResult */
/** @typedef {import('./result.js').ModelInfo} ModelInfo */
/** @typedef {import('./result.js').Prior} Prior */
/** @typedef {import('./result.js').Progress} Progress */
/** @typedef {import('./result.js').Result} Result */
/** @typedef {import('./result.js').Segment} Segment */
/** @typedef {import('./result.js').Summary} Summary */

export { EmovoxError };

addMessages(messages);

/**
 * @typedef {File | Blob | ArrayBuffer | ArrayBufferView | Float32Array | AudioBuffer | MediaStream | ReadableStream
 *   | URL} Source
 *   - An encoded file: File, Blob, ArrayBuffer, view, the URL of one, or a ReadableStream of its bytes.
 *   - PCM: an AudioBuffer, a Float32Array of mono samples with its `sampleRate`, or, with that too, a ReadableStream of
 *     Float32Arrays, which is read no faster than it is analysed.
 *   - A MediaStream, heard until its audio tracks end.
 */

/**
 * @typedef {object} CreateOptions
 * @property {'small' | 'large' | URL | ArrayBuffer | Uint8Array} [model] the name of a model, where one is, or one
 * @property {string | URL} [baseUrl] where the .wasm files and models/ are served, if not beside this module
 * @property {string | URL | (() => Worker)} [worker] where worker.js is served, if not beside this module, with decode.js
 *   and capture-worklet.js beside it; or a function that starts it, as a module worker
 * @property {boolean} [microphone] prepare for recording as well, so that listen() fetches nothing later
 * @property {AbortSignal} [signal]
 * @property {(progress: LoadProgressReport) => void} [onProgress]
 */

/**
 * @typedef {{stage: 'load', fraction: number | null, loaded: number, total: number | null}} LoadProgressReport bytes
 *   loaded, of how many (null: the server does not say), and the quotient
 */

/**
 * @typedef {object} AnalyzeOptions
 * @property {number} [sampleRate] Hz, 8000 to 192000; needed for a Float32Array and for a stream of them
 * @property {number} [channels] of a stream of Float32Arrays, interleaved; 1 by default
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
 *   together give the whole recording in order; a file's come by some 10 s
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
 * @typedef {object} ListenOptions
 * @property {string} [deviceId] of the microphone, from navigator.mediaDevices.enumerateDevices()
 * @property {MediaStream} [stream] to hear instead of a microphone; its tracks stay the caller's
 * @property {boolean} [echoCancellation] false by default, as are the next two: they alter the voice
 * @property {boolean} [noiseSuppression]
 * @property {boolean} [autoGainControl]
 * @property {Speaker} [speaker] whose voice it is
 * @property {boolean} [enroll] the recording is the speaker's ordinary, calm speech: 10 to 30 s of it suffice
 * @property {number} [hop] as for analyze(), as are the next four
 * @property {Prior} [prior]
 * @property {string[]} [labels]
 * @property {number} [threshold]
 * @property {boolean} [evidence]
 * @property {AbortSignal} [signal] throws the recording away
 * @property {(segment: Segment) => void} [onSegment]
 * @property {(segments: Segment[]) => void} [onRevised] as for analyze()
 * @property {(level: number) => void} [onLevel] loudness of the last few hundredths of a second, 0..1
 * @property {(peaks: Float32Array<ArrayBuffer>) => void} [onPeaks] as for analyze(); they come with every block
 * @property {(samples: Float32Array<ArrayBuffer>) => void} [onSamples] to keep the recording: block after block the mono
 *   samples that are analysed, at the recording's `sampleRate`, all of them before `finished` settles
 */

/**
 * A live recording. `finished` settles when it ends: by stop(), by the signal, or because the microphone went away
 * (then with the verdict about what was heard until there). Where the analysis fails meanwhile, a recording that is kept
 * by `onSamples` goes on all the same, and `finished` rejects when it ends; any other ends at once.
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
 * A person whom verdicts adapt to: a belief about how this one, through one microphone, differs from others. It is
 * learnt from all that is heard, whatever its emotions are; what is enrolled is known to be calm. The better a speaker is
 * known, the more a verdict says how a segment differs from the usual voice. What is heard later says more about what was
 * heard earlier: at the end of a recording all its segments are judged again, and judge() does so for those before.
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

const createOptions = {
  model: null,
  baseUrl: kinds.url,
  worker: kinds.worker,
  microphone: kinds.boolean,
  signal: kinds.signal,
  onProgress: kinds.function,
};
const listenOptions = (/** @type {ModelInfo} */ model) => ({
  deviceId: kinds.name,
  stream: kinds.stream,
  echoCancellation: kinds.boolean,
  noiseSuppression: kinds.boolean,
  autoGainControl: kinds.boolean,
  speaker: null,
  enroll: kinds.boolean,
  signal: kinds.signal,
  ...analysisKinds(model),
  onSegment: kinds.function,
  onRevised: kinds.function,
  onPeaks: kinds.function,
  onLevel: kinds.function,
  onSamples: kinds.function,
});

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
  /** Of all parts, with what identifies the files. @type {Versions} */ versions;

  #worker;
  /** Where capture-worklet.js is. @type {() => URL | undefined} */ #worklet = captureWorklet;
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
   * @throws {EmovoxError} `bad-option`, `no-wasm-simd`, `worker-load`, `wasm-load`, `model-load`, `model-invalid`,
   *   `file-mismatch`, `aborted`
   *
   * @example
   * ```js
   * const emovox = await Emovox.create({ onProgress: ({ fraction }) => console.log(fraction) });
   * ```
   */
  static async create(options = {}) {
    checkOptions('create()', options, createOptions);
    const { model = 'small', baseUrl, worker, microphone = false, signal, onProgress } = options;
    if (signal?.aborted) throw abortError(signal);
    if (!WebAssembly.validate(simdProbe)) throw new EmovoxError('no-wasm-simd');

    const progress = new LoadProgress(onProgress);
    const emovox = new Emovox(worker);
    const loading = new AbortController();
    const onAbort = () => {
      emovox.#end(abortError(signal));
      loading.abort();
    };
    signal?.addEventListener('abort', onAbort);
    try {
      const [wasm, weights] = await Promise.all([
        fetchWasm(baseUrl, progress, loading.signal),
        fetchModel(model, baseUrl, progress, loading.signal),
        microphone ? emovox.#prepareCapture() : undefined,
      ]);
      const request = { type: 'load', wasm: wasm.value, model: weights.value };
      const loaded = await emovox.#call(request, { transfer: [weights.value] });
      emovox.model = loaded.model;
      emovox.version = loaded.version;
      emovox.versions = {
        library: loaded.version,
        wasm: { sha256: wasm.sha256 },
        model: { name: loaded.model.name, version: loaded.model.version, sha256: weights.sha256 },
      };
      return emovox;
    } catch (error) {
      const first = emovox.#ended ?? EmovoxError.from(error); // what ended the worker comes before what that caused
      emovox.#end(first);
      loading.abort(); // of the other file, too: nobody shall hear of it any more
      throw first;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * @private use Emovox.create()
   * @param {CreateOptions['worker']} worker
   */
  constructor(worker) {
    this.model = /** @type {ModelInfo} */ ({});
    this.version = '';
    this.versions = /** @type {Versions} */ ({});
    try {
      if (worker === undefined) {
        this.#worker = startWorker();
      } else if (typeof worker === 'function') {
        this.#worker = worker();
      } else {
        const url = new URL(worker, location.href);
        this.#worker = new Worker(url, { type: 'module', name: 'emovox' });
        this.#worklet = () => new URL('capture-worklet.js', url);
      }
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
   * Why this object can be used no more: what its worker crashed from, or `closed`; null while it works.
   *
   * @returns {EmovoxError | null}
   *
   * @example
   * ```js
   * if (emovox.ended) emovox = await Emovox.create();
   * ```
   */
  get ended() {
    return this.#ended;
  }

  /**
   * Analyses one recording, after those asked for before.
   *
   * @param {Source} source
   * @param {AnalyzeOptions} [options]
   * @returns {Promise<Result>}
   * @throws {EmovoxError} `bad-input`, `bad-option`, `empty`, `too-short`, `not-finite`, `sample-rate`, `undecodable`,
   *   `decoder-load`, `memory`, `aborted`, `closed`
   *
   * @example
   * ```js
   * const { emotion, agreement, probability } = await emovox.analyze(file, { signal: AbortSignal.timeout(60_000) });
   * console.log(emotion, agreement, probability); // 'happy' 0.75 0.6: three of four votes, and how probable it is
   * ```
   */
  analyze(source, options = {}) {
    return this.#enqueue(source, options, {}, () => checkOptions('analyze()', options, analyzeOptions(this.model)));
  }

  /**
   * @param {Source} source
   * @param {AnalyzeOptions & {flow?: Flow}} options
   * @param {{enroll?: boolean}} how
   * @param {() => void} [check] of the options
   * @returns {Promise<Result>} handled, so that nobody has to wait for it
   */
  #enqueue(source, options, how, check) {
    const live = isMediaStream(source);
    const turn = this.#queue;
    const result = (async () => {
      check?.();
      const { signal } = options;
      if (live) {
        const { sampleRate, channels, onProgress, flow, ...rest } = options; // of no use while it is heard
        return (await this.listen({ ...rest, stream: source, ...how })).finished;
      }
      if (signal?.aborted) throw abortError(signal);
      const task = { ...how, ...this.#how(options) };
      await orAbort(turn, signal);
      return this.#read(source, options, task);
    })();
    if (live) result.catch(() => {});
    else this.#queue = Promise.allSettled([turn, result]).then(() => {}); // keeps no result; what is live is heard beside
    return result;
  }

  /**
   * A speaker to adapt to: give it to analyze(), stream() or listen().
   *
   * @param {Uint8Array | ArrayBuffer} [profile] what save() gave; without one, nothing is known yet
   * @returns {Promise<Speaker>}
   * @throws {EmovoxError} `bad-input`, `profile-invalid`, `profile-version`, `profile-model`, `closed`
   *
   * @example
   * ```js
   * const ann = await emovox.speaker();
   * await ann.enroll(file); // ordinary, calm speech
   * const profile = await ann.save();
   * const sameAnn = await emovox.speaker(profile); // another day
   * ```
   */
  async speaker(profile) {
    if (profile !== undefined && !(profile instanceof Uint8Array || profile instanceof ArrayBuffer)) {
      throw new EmovoxError('bad-input', 'Pass the Uint8Array that save() gave, or nothing for a new speaker.');
    }
    refuseDetached(profile);
    const bytes = profile && new Uint8Array(profile);
    const number = await this.#call({ type: 'speaker', profile: bytes ?? null });
    /** @type {Speaker} */
    const speaker = {
      enroll: async (source, options) => {
        const check = () => checkOptions('enroll()', options ?? {}, enrollOptions(this.model));
        const { adaptation } = await this.#enqueue(source, { ...options, speaker }, { enroll: true }, check);
        return /** @type {Adaptation} */ (adaptation);
      },
      hear: async (result) => {
        const { heard, transfer } = this.#heard(result);
        return this.#call({ type: 'speaker-hear', speaker: number, heard }, { transfer });
      },
      save: () => this.#call({ type: 'speaker-save', speaker: number }),
      close: () => this.#call({ type: 'speaker-close', speaker: number }),
    };
    this.#speakers.set(speaker, number);
    return speaker;
  }

  /**
   * Judges a result anew, without its audio: with another prior, other labels or another threshold, or by what is known
   * of the speaker by now. An hour of it takes some milliseconds; it does not wait for analyses under way.
   *
   * @param {Result} result that was made with the option `evidence`, by the same model; it stays as it is
   * @param {JudgeOptions} [options]
   * @returns {Promise<Result>} a new one
   * @throws {EmovoxError} `bad-input`, `bad-option`, `evidence-missing`, `evidence-model`, `memory`, `closed`
   *
   * @example
   * ```js
   * const heardOnce = await emovox.analyze(file, { evidence: true });
   * const acted = await emovox.judge(heardOnce, { prior: 'even', labels: ['neutral', 'happy', 'sad', 'angry'] });
   * console.log(heardOnce.prior, acted.prior);
   * ```
   */
  async judge(result, options = {}) {
    checkOptions('judge()', options, judgeOptions(this.model));
    if (this.#ended) throw this.#ended;
    const { heard, transfer } = this.#heard(result);
    const request = { type: 'judge', heard, judging: judgingOf(options), speaker: this.#numberOf(options.speaker) };
    const { verdict } = await this.#call(request, { transfer });
    return resultOf(result, verdict, this.model);
  }

  /** @param {Result} result */
  #heard(result) {
    const heard = heardOf(result, this.model);
    return { heard, transfer: [heard.segments.buffer, heard.evidence.buffer] };
  }

  /**
   * @param {AnalyzeOptions} options
   * @returns {How} for the worker
   */
  #how({ speaker, hop, evidence, onPeaks, ...judging }) {
    const how = { hop, evidence, judging: judgingOf(judging), peaks: onPeaks !== undefined };
    return { ...how, speaker: this.#numberOf(speaker) };
  }

  /**
   * @param {Speaker | undefined} speaker
   * @returns {number | undefined} in the worker
   */
  #numberOf(speaker) {
    if (speaker === undefined) return undefined;
    const number = this.#speakers.get(speaker);
    if (number !== undefined) return number;
    throw new EmovoxError('bad-input', 'Pass a speaker that speaker() of the same Emovox object gave.');
  }

  /**
   * The segments of a recording as they ripen; the generator's return value is the result. The analysis waits for a
   * reader who is slower.
   *
   * @param {Source} source
   * @param {Omit<AnalyzeOptions, 'onSegment' | 'onRevised'>} [options]
   * @returns {AsyncGenerator<Segment, Result>}
   * @throws {EmovoxError} as analyze()
   *
   * @example
   * ```js
   * for await (const { start, label } of emovox.stream(file)) console.log(start, label);
   * ```
   */
  async *stream(source, options = {}) {
    checkOptions('stream()', options, streamOptions(this.model));
    const { signal } = options;
    return yield* segmentsOf(signal, (how) => this.#enqueue(source, { ...options, ...how }, {}));
  }

  /**
   * What the model hears, for a spectrogram: the log-mel frames of a recording or of a stretch of it, which is heard as
   * a recording of its own. Of a file in a container, little more than the stretch is read and decoded. It does not
   * wait for analyses under way.
   *
   * @param {Source} source all but a MediaStream
   * @param {LogMelOptions} [options]
   * @returns {Promise<LogMelResult>}
   * @throws {EmovoxError} as analyze(), but for `too-short`; `empty` also where the recording ends before the stretch
   *
   * @example
   * ```js
   * const { bands, frames, values } = await emovox.logMel(file, { start: 1, end: 2 });
   * console.log(values.length === bands * frames, bands, frames);
   * ```
   */
  async logMel(source, options = {}) {
    checkLogMelOptions(options);
    const { signal, start, end } = options;
    if (signal?.aborted) throw abortError(signal);
    return this.#read(source, options, { logMel: { start, end } });
  }

  /**
   * Records from the microphone and analyses while recording. Call it from a click or key handler.
   *
   * @param {ListenOptions} [options]
   * @returns {Promise<Recording>}
   * @throws {EmovoxError} `microphone-denied`, `-dismissed`, `-absent`, `-busy`, `-suspended` or `-unsupported`,
   *   `bad-option`, `bad-input`, `aborted`, `closed`
   *
   * @example
   * ```js
   * const recording = await emovox.listen({ onSegment: ({ label }) => console.log(label) });
   * await new Promise((resolve) => setTimeout(resolve, 2000));
   * const heard = await recording.stop();
   * ```
   */
  async listen(options = {}) {
    checkOptions('listen()', options, listenOptions(this.model));
    const { speaker, enroll = false, signal, onSegment, onRevised, onPeaks, onSamples } = options;
    if (this.#ended) throw this.#ended;
    if (enroll && !speaker) throw new EmovoxError('bad-input', 'Pass the speaker to enroll.');
    const how = { enroll, ...this.#how(options) };
    if (signal?.aborted) throw abortError(signal);
    // The context must be started within the click, before anything is awaited (iOS).
    this.#capture ??= new AudioCapture(this.#worklet());
    const capture = this.#capture;
    if (capture.busy) throw new EmovoxError('bad-input', 'A recording is under way; stop it before the next one.');
    const microphone = await openMicrophone(capture, options);
    if (this.#ended) {
      capture.close();
      throw this.#ended;
    }
    const { port, sampleRate } = microphone;
    const request = { type: 'listen', sampleRate, port, ...how };
    const call = this.#start(request, { transfer: [port], signal, onSegment, onRevised, onPeaks });
    const finished = (async () => {
      try {
        const result = await call.promise;
        await microphone.ended;
        return result;
      } catch (error) {
        if (onSamples) await microphone.ended; // what is kept is not the analysis's to end
        throw signal?.aborted ? abortError(signal) : error;
      } finally {
        microphone.release();
        if (this.#ended) capture.close();
      }
    })();
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
          call.promise.then(resolve, reject);
          this.#send({ type: 'peek', id: call.id });
        }),
    };
  }

  /**
   * What it holds.
   *
   * @returns {Promise<{wasmMemoryBytes: number}>}
   *
   * @example
   * ```js
   * const { wasmMemoryBytes } = await emovox.stats();
   * ```
   */
  stats() {
    return this.#call({ type: 'stats' });
  }

  /**
   * Ends the worker and gives all its memory back. What is under way rejects with `closed`.
   *
   * @example
   * ```js
   * await emovox.close();
   * ```
   */
  async close() {
    this.#end(new EmovoxError('closed'));
    this.#capture?.close();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  /**
   * @param {Source} source
   * @param {AnalyzeOptions} options
   * @param {Task} task
   * @returns {Promise<any>} what the task gives
   */
  async #read(source, options, task) {
    const { signal, sampleRate, channels = 1 } = options;
    if (this.#ended) throw this.#ended;
    refuseDetached(source);
    if (isAudioBuffer(source)) return this.#readPcm(pcmOf(source, task.logMel), options, task);
    if (source instanceof Float32Array) {
      if (sampleRate === undefined) {
        throw new EmovoxError('bad-input', 'A Float32Array needs its sampleRate: analyze(samples, { sampleRate }).');
      }
      return this.#readPcm(pcmOf(monoBuffer(source, sampleRate), task.logMel), options, task);
    }
    if (source instanceof ReadableStream && sampleRate !== undefined) {
      return this.#readPcm(pcmOfStream(source, sampleRate, channels, task.logMel), options, task);
    }
    const blob = await orAbort(toBlob(source, signal), signal);
    const file = await this.#call({ type: 'read-file', blob, ...task }, options);
    if (file !== wholeFile) return file;
    return this.#readPcm(pcmOf(await orAbort(decodeWholeFile(blob), signal), task.logMel), options, task);
  }

  /**
   * @param {PcmSource} pcm
   * @param {AnalyzeOptions} options
   * @param {Task} task
   * @returns {Promise<any>}
   */
  async #readPcm({ sampleRate, channels, duration, next, cancel }, options, task) {
    const request = { type: 'read-pcm', sampleRate, channels, duration, ...task };
    try {
      return await this.#call(request, { ...options, onPull: next });
    } finally {
      cancel();
    }
  }

  /** @returns {Promise<void>} */
  async #prepareCapture() {
    if (!AudioCapture.supported) return; // listen() will say so
    this.#capture = new AudioCapture(this.#worklet());
    await this.#capture.ready;
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
  #start(request, { transfer = [], signal, flow = {}, onSegment, onRevised, onProgress, onPeaks, onPull } = {}) {
    const id = this.#nextId++;
    const callbacks = { onSegment, onRevised, onProgress, onPeaks, onPull };
    const call = /** @type {Call} */ (/** @type {unknown} */ ({ id, ...callbacks, peeks: [], segments: [] }));
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
      flow.hold = (held) => this.#send({ type: 'hold', id, held });
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
    if (reply.type === 'alive') return this.#watch(reply.life);
    const call = this.#calls.get(reply.id);
    if (!call) return;
    switch (reply.type) {
      case 'segment':
        call.segments.push(reply.value);
        return call.onSegment?.(reply.value);
      case 'revised':
        call.segments = judgedAgain(call.segments, reply.value, this.model.labels);
        return call.onRevised?.(call.segments);
      case 'progress':
        return call.onProgress?.(reply.value);
      case 'peaks':
        return call.onPeaks?.(reply.value);
      case 'peeked':
        return call.peeks.shift()?.(reply.value);
      case 'pull':
        return this.#givePcm(call);
      case 'whole-file':
        return call.resolve(wholeFile);
      case 'error':
        return call.reject(new EmovoxError(reply.code, reply.message));
      case 'done':
        if (reply.value?.segments) reply.value.segments = call.segments;
        return call.resolve(reply.value);
    }
  }

  /** @param {string} life the name of a lock that the worker holds */
  #watch(life) {
    navigator.locks.request(life, () => this.#end(EmovoxError.from('The browser ended the worker.')));
  }

  /** @param {Call} call */
  async #givePcm(call) {
    try {
      const block = (await call.onPull?.()) ?? null;
      this.#send({ type: 'pcm', id: call.id, block }, block ? [block.buffer] : []);
    } catch (error) {
      // of a stream
      this.#send({ type: 'cancel', id: call.id });
      call.reject(EmovoxError.from(error, 'undecodable'));
    }
  }

  /** @param {EmovoxError} error */
  #end(error) {
    if (this.#ended) return;
    this.#ended = error;
    this.#worker.terminate();
    if (!this.#capture?.busy) this.#capture?.close();
    for (const call of [...this.#calls.values()]) call.reject(error);
  }
}

/**
 * @typedef {object} Versions
 * @property {string} library
 * @property {{sha256: string | null}} wasm null where a page that is not served securely cannot tell
 * @property {{name: string, version: string, sha256: string | null}} model
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
