// SPDX-License-Identifier: MIT
//
// The C library (include/emovox.h) as JavaScript objects: Engine -> Model -> Analyzer, Speaker; Engine -> LogMel. No DOM,
// no worker: this file runs wherever WebAssembly does. Everything is synchronous except Engine.load().

import { EmovoxError } from './errors.js';
import {
  differ,
  judgedAgain,
  labelAt,
  MAX_LABELS,
  NO_SPEECH,
  named,
  priorOf,
  SEGMENT_HEAD,
  SEGMENT_SIZE,
  segmentAt,
  weightsOf,
} from './judging.js';
import { Peaks } from './peaks.js';

/** @import { Adaptation, LogMelResult, Result, Segment, Summary, ModelInfo } from './result.js' */
/** @import { EmovoxErrorCode } from './errors.js' */
/** @import { Heard, Judging, Verdict } from './judging.js' */

/**
 * @typedef {object} Exports
 * @property {WebAssembly.Memory} memory
 * @property {() => void} [_initialize]
 * @property {(bytes: number) => number} malloc
 * @property {(pointer: number) => void} free
 * @property {(status: number) => number} emovox_strerror
 * @property {() => number} emovox_version
 * @property {(bytes: number, size: number, out: number) => number} emovox_model_create
 * @property {(model: number) => void} emovox_model_destroy
 * @property {(model: number) => number} emovox_model_name
 * @property {(model: number) => number} emovox_model_version
 * @property {(model: number) => number} emovox_model_license
 * @property {(model: number) => number} emovox_label_count
 * @property {(model: number, label: number) => number} emovox_label
 * @property {(model: number) => number} emovox_sequence_seconds
 * @property {(model: number) => number} emovox_hop_seconds
 * @property {(model: number) => number} emovox_min_seconds
 * @property {(model: number) => number} emovox_salience_seconds
 * @property {(model: number) => number} emovox_threshold
 * @property {(model: number) => number} emovox_evidence_count
 * @property {(model: number, prior: number) => void} emovox_everyday_prior
 * @property {(model: number, high: number) => number} emovox_wasm_fingerprint
 * @property {(model: number, speaker: number, judging: number, segments: number, evidence: number, count: number,
 *   duration: number, summary: number) => number} emovox_wasm_judge
 * @property {(model: number, out: number) => number} emovox_speaker_create
 * @property {(speaker: number) => void} emovox_speaker_destroy
 * @property {(speaker: number) => number} emovox_speaker_seconds
 * @property {(speaker: number) => number} emovox_speaker_weight
 * @property {(speaker: number, buffer: number, capacity: number) => number} emovox_wasm_speaker_save
 * @property {(speaker: number, bytes: number, size: number) => number} emovox_speaker_restore
 * @property {(model: number, speaker: number, segments: number, evidence: number, count: number,
 *   ordinary: number) => number} emovox_wasm_speaker_hear
 * @property {(model: number, rate: number, channels: number, speaker: number, enroll: number, hop: number,
 *   judging: number, user: number, out: number) => number} emovox_wasm_analyzer_create
 * @property {(analyzer: number, samples: number, frames: number) => number} emovox_push
 * @property {(analyzer: number, out: number) => number} emovox_wasm_finish
 * @property {(analyzer: number, out: number) => number} emovox_wasm_peek
 * @property {(analyzer: number) => void} emovox_analyzer_reset
 * @property {(analyzer: number) => void} emovox_analyzer_destroy
 * @property {(rate: number, channels: number, user: number, out: number) => number} emovox_wasm_features_create
 * @property {(features: number, samples: number, frames: number) => number} emovox_features_push
 * @property {(features: number) => number} emovox_features_finish
 * @property {(features: number) => void} emovox_features_destroy
 */

/**
 * How to analyse a recording.
 *
 * @typedef {object} AnalysisOptions
 * @property {number} sampleRate Hz
 * @property {number} [channels]
 * @property {Speaker} [speaker] adapts to it
 * @property {boolean} [enroll] the recording is the speaker's ordinary speech
 * @property {number} [hop] seconds; by default the model's
 * @property {boolean} [evidence] tells it with each segment
 * @property {(segment: Segment) => void} [onSegment]
 * @property {(values: Float64Array<ArrayBuffer>) => void} [onRevised] all segments as they are judged at the end, if that
 *   is otherwise
 * @property {(seconds: number) => boolean | void} [onProgress] returns true to stop
 * @property {(peaks: Float32Array<ArrayBuffer>) => void} [onPeaks]
 * @property {number} [peakBatch] how many peaks to gather; what there is with every push() by default
 *
 * @typedef {AnalysisOptions & Judging} AnalyzerOptions
 */

/** emovox_status -> code, in the order of the C enum. @type {EmovoxErrorCode[]} */
const statusCodes = [
  'internal',
  'bad-input',
  'memory',
  'sample-rate',
  'not-finite',
  'empty',
  'too-short',
  'aborted',
  'internal',
  ...Array.from({ length: 9 }, () => /** @type {const} */ ('model-invalid')),
  'internal',
  'profile-invalid',
  'profile-model',
  'model-invalid',
  'profile-version',
  'bad-input',
];

/** What the C API takes for its defaults. */
const MODEL_HOP = 0;
const MODEL_THRESHOLD = -1;
const MODEL_LABELS = 0;

/** From one frame of log-mel to the next. */
const FRAME_SECONDS = 0.01;
/** Frames that are gathered in an array: 10 s. */
const FRAMES = 1000;

/**
 * @param {number} seconds analysed
 * @param {number | null} duration of how many
 * @returns {import('./result.js').Progress}
 */
export function progressOf(seconds, duration) {
  return { stage: 'analyze', fraction: duration ? Math.min(seconds / duration, 1) : null, seconds, duration };
}

/** Doubles in front of those per label (src/wasm/emovox_wasm.c). */
const SUMMARY_HEAD = 11;
const JUDGING_HEAD = 2;
const SUMMARY_SIZE = SUMMARY_HEAD + 2 * MAX_LABELS;

/** Floats that cross into WebAssembly at a time: 128 KiB, whatever the length of the audio. */
const BLOCK = 32768;

/** One instance of the WebAssembly module. */
export class Engine {
  /** @type {Exports} */ exports;
  /** Those that are open by number, for the callbacks. @type {Map<number, Analyzer>} */ analyzers = new Map();
  /** @type {Map<number, LogMel>} */ logMels = new Map();
  /** How many of both there have been. */ count = 0;

  /**
   * @param {BufferSource | WebAssembly.Module} wasm
   * @returns {Promise<Engine>}
   */
  static async load(wasm) {
    const engine = new Engine();
    try {
      const module = wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm);
      const instance = await WebAssembly.instantiate(module, engine.#imports(module));
      engine.exports = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
      engine.exports._initialize?.();
    } catch (error) {
      throw EmovoxError.from(error, error instanceof RangeError ? 'memory' : 'wasm-load');
    }
    return engine;
  }

  /** @private use Engine.load() */
  constructor() {
    this.exports = /** @type {Exports} */ ({});
  }

  /**
   * Our callbacks; whatever else the toolchain left in the import list does nothing.
   * @param {WebAssembly.Module} module
   * @returns {WebAssembly.Imports}
   */
  #imports(module) {
    /** @type {Record<string, Record<string, Function>>} */
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      imports[from][name] = () => 0;
    }
    imports.emovox = {
      on_segment: (/** @type {number} */ user, /** @type {number} */ pointer) =>
        this.analyzers.get(user)?.receive(pointer),
      on_progress: (/** @type {number} */ user, /** @type {number} */ seconds) =>
        this.analyzers.get(user)?.progress(seconds) ? 1 : 0,
      on_frame: (/** @type {number} */ user, /** @type {number} */ pointer, /** @type {number} */ bands) =>
        this.logMels.get(user)?.receive(pointer, bands),
    };
    return /** @type {WebAssembly.Imports} */ (imports);
  }

  /** @returns {string} */
  get version() {
    return this.string(this.exports.emovox_version());
  }

  /** Size of the WebAssembly memory. It never shrinks. @returns {number} */
  get memoryBytes() {
    return this.exports.memory.buffer.byteLength;
  }

  /**
   * @param {Uint8Array} bytes a safetensors file; not needed afterwards
   * @returns {Model}
   */
  openModel(bytes) {
    return this.lend(bytes, (data) => {
      const pointer = this.create((out) => this.exports.emovox_model_create(data, bytes.byteLength, out));
      return new Model(this, pointer);
    });
  }

  /**
   * @param {{sampleRate: number, channels?: number, start?: number}} options start: s, of the audio
   *   within a longer recording, for the result
   * @returns {LogMel}
   */
  openLogMel(options) {
    return new LogMel(this, options);
  }

  /**
   * A copy of what an array holds in WebAssembly memory, for the time of a call.
   * @template T
   * @param {Uint8Array | Float32Array | Float64Array} values
   * @param {(data: number) => T} use
   * @returns {T}
   */
  lend({ buffer, byteOffset, byteLength }, use) {
    const data = this.allocate(byteLength);
    try {
      new Uint8Array(this.exports.memory.buffer, data, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
      return use(data);
    } finally {
      this.exports.free(data);
    }
  }

  /**
   * @param {number} size bytes
   * @returns {number} an address, to be given to free()
   */
  allocate(size) {
    // A size has 32 bits there: a larger one would be taken for a small one.
    const pointer = size < 2 ** 32 ? this.exports.malloc(Math.max(size, 1)) : 0;
    if (!pointer) throw new EmovoxError('memory');
    return pointer;
  }

  /**
   * Runs a create function of the C API, which writes the address of the object to an output argument.
   * @param {(out: number) => number} make
   * @returns {number}
   */
  create(make) {
    const out = this.allocate(4);
    try {
      this.check(make(out));
      return new Uint32Array(this.exports.memory.buffer, out, 1)[0];
    } finally {
      this.exports.free(out);
    }
  }

  /**
   * Throws what an emovox_status says.
   * @param {number} status
   */
  check(status) {
    if (status === 0) return;
    throw new EmovoxError(statusCodes[status] ?? 'internal', this.string(this.exports.emovox_strerror(status)));
  }

  /**
   * @param {number} pointer to a zero-terminated UTF-8 string
   * @returns {string}
   */
  string(pointer) {
    const bytes = new Uint8Array(this.exports.memory.buffer, pointer);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }
}

/** Weights in WebAssembly memory. */
export class Model {
  /**
   * @param {Engine} engine
   * @param {number} pointer
   */
  constructor(engine, pointer) {
    this.engine = engine;
    this.pointer = pointer;
    const { exports } = engine;
    const half = (/** @type {number} */ high) =>
      (exports.emovox_wasm_fingerprint(pointer, high) >>> 0).toString(16).padStart(8, '0');
    /** @type {ModelInfo} */
    this.info = {
      name: engine.string(exports.emovox_model_name(pointer)),
      version: engine.string(exports.emovox_model_version(pointer)),
      license: engine.string(exports.emovox_model_license(pointer)),
      labels: Array.from({ length: exports.emovox_label_count(pointer) }, (_, i) =>
        engine.string(exports.emovox_label(pointer, i)),
      ),
      sequenceSeconds: exports.emovox_sequence_seconds(pointer),
      hopSeconds: exports.emovox_hop_seconds(pointer),
      minSeconds: exports.emovox_min_seconds(pointer),
      salienceSeconds: exports.emovox_salience_seconds(pointer),
      threshold: exports.emovox_threshold(pointer),
      fingerprint: half(1) + half(0),
      evidenceCount: exports.emovox_evidence_count(pointer),
    };
    /** How common each label is in everyday life. @type {number[]} */
    this.everyday = engine.lend(new Float32Array(MAX_LABELS), (prior) => {
      exports.emovox_everyday_prior(pointer, prior);
      return Array.from(new Float32Array(exports.memory.buffer, prior, this.info.labels.length));
    });
  }

  /**
   * @param {Judging} how
   * @returns {Record<string, number>} how common it takes each label for
   */
  prior(how) {
    return priorOf(how, this.info, this.everyday);
  }

  /**
   * @template T
   * @param {Judging} how
   * @param {(judging: number) => T} use
   * @returns {T}
   */
  lendJudging({ prior = 'everyday', labels, threshold = MODEL_THRESHOLD }, use) {
    const known = this.info.labels;
    const values = new Float64Array(JUDGING_HEAD + MAX_LABELS);
    values[0] = threshold;
    values[1] = labels?.reduce((bits, label) => (bits | (1 << known.indexOf(label))) >>> 0, 0) ?? MODEL_LABELS;
    if (prior !== 'everyday') values.set(weightsOf(prior, known), JUDGING_HEAD);
    return this.engine.lend(values, use);
  }

  /**
   * Judges what was heard anew.
   * @param {Heard} heard stays as it is
   * @param {Judging & {speaker?: Speaker}} how
   * @returns {Verdict}
   */
  judge(heard, { speaker, ...how }) {
    const { exports } = this.engine;
    return this.lendHeard(heard, (segments, evidence, count) =>
      this.lendJudging(how, (judging) =>
        this.engine.lend(new Float64Array(SUMMARY_SIZE), (summary) => {
          const [whose, { duration }] = [speaker?.pointer ?? 0, heard];
          const judge = exports.emovox_wasm_judge;
          this.engine.check(judge(this.pointer, whose, judging, segments, evidence, count, duration, summary));
          return {
            segments: new Float64Array(exports.memory.buffer, segments, count * SEGMENT_SIZE).slice(),
            summary: this.readSummary(summary),
            prior: this.prior(how),
            ...(speaker && { adaptation: speaker.adaptation }),
          };
        }),
      ),
    );
  }

  /**
   * @template T
   * @param {Heard} heard
   * @param {(segments: number, evidence: number, count: number) => T} use
   * @returns {T}
   */
  lendHeard({ segments, evidence }, use) {
    const count = segments.length / SEGMENT_SIZE;
    return this.engine.lend(segments, (first) => this.engine.lend(evidence, (second) => use(first, second, count)));
  }

  /**
   * @param {number} pointer
   * @returns {Summary}
   */
  readSummary(pointer) {
    const { labels } = this.info;
    const values = new Float64Array(this.engine.exports.memory.buffer, pointer, SUMMARY_SIZE);
    const [duration, label, agreement, probability, speech_ratio, , , uncertain, intensity, valence, arousal] = values;
    return {
      duration,
      emotion: labelAt(labels, label),
      agreement,
      probability,
      confidence: agreement,
      votes: { ...named(labels, values, SUMMARY_HEAD), uncertain },
      probabilities: named(labels, values, SUMMARY_HEAD + MAX_LABELS),
      intensity,
      valence,
      arousal,
      speech_ratio,
    };
  }

  /**
   * @param {Uint8Array} [profile] what save() gave
   * @returns {Speaker}
   */
  openSpeaker(profile) {
    return new Speaker(this, profile);
  }

  /**
   * @param {AnalyzerOptions} options
   * @returns {Analyzer}
   */
  openAnalyzer(options) {
    return new Analyzer(this, options);
  }

  /** Frees the weights. The analyzers and speakers must be closed before. */
  close() {
    this.engine.exports.emovox_model_destroy(this.pointer);
    this.pointer = 0;
  }
}

/** What has been heard of one person. */
export class Speaker {
  /** Analyzers at work with it. */ users = 0;
  #closed = false;

  /**
   * @param {Model} model
   * @param {Uint8Array} [profile]
   */
  constructor(model, profile) {
    this.model = model;
    this.engine = model.engine;
    const { exports } = this.engine;
    this.pointer = this.engine.create((out) => exports.emovox_speaker_create(model.pointer, out));
    if (!profile) return;
    try {
      this.engine.lend(profile, (data) =>
        this.engine.check(exports.emovox_speaker_restore(this.pointer, data, profile.byteLength)),
      );
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** @returns {Adaptation} */
  get adaptation() {
    const { emovox_speaker_seconds: seconds, emovox_speaker_weight: weight } = this.engine.exports;
    return { seconds: seconds(this.pointer), weight: weight(this.pointer) };
  }

  /**
   * Learns from a recording that was heard without it.
   * @param {Heard} heard
   * @returns {Adaptation}
   */
  hear(heard) {
    const { emovox_wasm_speaker_hear: hear } = this.engine.exports;
    this.model.lendHeard(heard, (segments, evidence, count) =>
      this.engine.check(hear(this.model.pointer, this.pointer, segments, evidence, count, 0)),
    );
    return this.adaptation;
  }

  /** @returns {Uint8Array<ArrayBuffer>} the profile */
  save() {
    const { memory, emovox_wasm_speaker_save: save } = this.engine.exports;
    const size = save(this.pointer, 0, 0);
    return this.engine.lend(new Uint8Array(size), (buffer) => {
      save(this.pointer, buffer, size);
      return new Uint8Array(memory.buffer, buffer, size).slice();
    });
  }

  /** Frees it, once the analyzers that use it are closed. */
  close() {
    this.#closed = true;
    this.#free();
  }

  /** An analyzer has been closed. */
  release() {
    this.users--;
    this.#free();
  }

  #free() {
    if (!this.#closed || this.users > 0) return;
    this.engine.exports.emovox_speaker_destroy(this.pointer);
    this.pointer = 0;
  }
}

/** A way for audio into an object of the C library. */
class Inlet {
  /** The object. */ pointer = 0;
  #buffer = 0;

  /**
   * @param {Engine} engine
   * @param {{sampleRate: number, channels?: number}} options
   */
  constructor(engine, { sampleRate, channels = 1 }) {
    this.engine = engine;
    this.sampleRate = sampleRate;
    this.channels = channels;
    /** By which the callbacks know it. */
    this.number = ++engine.count;
  }

  /**
   * Makes the object.
   * @param {(rate: number, out: number) => number} create of the C API, which returns a status
   */
  open(create) {
    const { sampleRate, channels } = this;
    // The C side takes unsigned integers: what is none must not wrap around into the valid range.
    if (!(Number.isSafeInteger(channels) && channels >= 1 && channels <= 32)) throw new EmovoxError('bad-input');
    const rate = Number.isFinite(sampleRate) && sampleRate > 0 && sampleRate < 1e6 ? Math.round(sampleRate) : 0;
    this.pointer = this.engine.create((out) => create(rate, out));
    this.#buffer = this.engine.allocate(BLOCK * 4);
  }

  /**
   * @param {Float32Array} samples any amount, interleaved
   * @param {(pointer: number, samples: number, frames: number) => number} push of the C API
   */
  write(samples, push) {
    if (samples.length % this.channels !== 0) throw new EmovoxError('bad-input');
    const step = BLOCK - (BLOCK % this.channels);
    for (let at = 0; at < samples.length; at += step) {
      const block = samples.subarray(at, at + step);
      // The view is made anew each time: memory that has grown has detached the old one.
      new Float32Array(this.engine.exports.memory.buffer, this.#buffer, block.length).set(block);
      this.engine.check(push(this.pointer, this.#buffer, block.length / this.channels));
    }
  }

  /** @param {(pointer: number) => void} destroy of the C API */
  free(destroy) {
    destroy(this.pointer);
    this.engine.exports.free(this.#buffer);
    this.pointer = this.#buffer = 0;
  }
}

/** The state of one recording. */
export class Analyzer extends Inlet {
  /** The verdicts so far, unless `onSegment` takes them. @type {Segment[]} */ segments = [];
  /** Seconds spent computing. */ seconds = 0;
  /** @type {Speaker | undefined} */ speaker;
  /** @type {Peaks | undefined} */ #peaks;
  /** What judging again at the end takes, with a speaker. */ #heard = nothingHeard();
  #options;
  #summary = 0;

  /**
   * @param {Model} model
   * @param {AnalyzerOptions} options
   */
  constructor(model, options) {
    super(model.engine, options);
    this.model = model;
    this.#options = options;
    const { speaker, enroll, hop = MODEL_HOP } = options;
    const { emovox_wasm_analyzer_create: create } = this.engine.exports;
    const whose = /** @type {const} */ ([speaker?.pointer ?? 0, enroll ? 1 : 0]);
    try {
      model.lendJudging(options, (judging) =>
        this.open((rate, out) => create(model.pointer, rate, this.channels, ...whose, hop, judging, this.number, out)),
      );
      this.#summary = this.engine.allocate(SUMMARY_SIZE * 8);
    } catch (error) {
      this.close();
      throw error;
    }
    this.speaker = speaker;
    if (speaker) speaker.users++;
    this.#gatherPeaks();
    this.engine.analyzers.set(this.number, this);
  }

  #gatherPeaks() {
    const { onPeaks, peakBatch = 1 } = this.#options;
    if (onPeaks) this.#peaks = new Peaks(this.sampleRate, this.channels, peakBatch, onPeaks);
  }

  /**
   * Adds audio, any amount.
   * @param {Float32Array} samples interleaved if there are several channels
   */
  push(samples) {
    const started = performance.now();
    this.write(samples, this.engine.exports.emovox_push);
    this.seconds += (performance.now() - started) / 1000;
    this.#peaks?.push(samples);
  }

  /**
   * Ends the recording.
   * @returns {Summary} with a speaker, from the segments as they are judged now
   */
  finish() {
    this.#peaks?.finish();
    const started = performance.now();
    this.engine.check(this.engine.exports.emovox_wasm_finish(this.pointer, this.#summary));
    const first = this.model.readSummary(this.#summary);
    const summary = this.speaker ? this.#revise(first.duration) : first;
    this.seconds += (performance.now() - started) / 1000;
    return summary;
  }

  /**
   * Judges all segments again: what came later says more about the speaker, too.
   * @param {number} duration
   * @returns {Summary}
   */
  #revise(duration) {
    const segments = Float64Array.from(this.#heard.segments);
    const heard = { segments, evidence: Float32Array.from(this.#heard.evidence), duration };
    const verdict = this.model.judge(heard, this.#how);
    if (differ(segments, verdict.segments)) {
      this.segments = judgedAgain(this.segments, verdict.segments, this.model.info.labels);
      this.#options.onRevised?.(verdict.segments);
    }
    return verdict.summary;
  }

  get #how() {
    const { prior, labels, threshold } = this.#options;
    return { prior, labels, threshold, speaker: this.speaker };
  }

  /**
   * Ends the recording and reports everything about it.
   * @returns {Result}
   */
  result() {
    const summary = this.finish();
    const { engine, info } = this.model;
    return {
      schema: 'emovox.result/2',
      ...summary,
      prior: this.model.prior(this.#how),
      ...(this.speaker && { adaptation: this.speaker.adaptation }),
      ...(this.#options.evidence && { evidence: { model: info.fingerprint } }),
      segments: this.segments,
      engine: {
        version: engine.version,
        model: `${info.name} ${info.version}`,
        sampleRate: this.sampleRate,
        channels: this.channels,
        seconds: this.seconds,
        wasmMemoryBytes: engine.memoryBytes,
      },
    };
  }

  /**
   * The verdict so far.
   * @returns {Summary}
   */
  peek() {
    this.engine.check(this.engine.exports.emovox_wasm_peek(this.pointer, this.#summary));
    return this.model.readSummary(this.#summary);
  }

  /** Forgets the recording. */
  reset() {
    this.engine.exports.emovox_analyzer_reset(this.pointer);
    this.segments = [];
    this.#heard = nothingHeard();
    this.seconds = 0;
    this.#gatherPeaks();
  }

  /** Frees everything; the object is of no use any more. */
  close() {
    const { exports, analyzers } = this.engine;
    analyzers.delete(this.number);
    this.free(exports.emovox_analyzer_destroy);
    exports.free(this.#summary);
    this.#summary = 0;
    this.speaker?.release();
    this.speaker = undefined;
  }

  /**
   * Called by the WebAssembly side for each segment.
   * @param {number} pointer
   */
  receive(pointer) {
    const { buffer } = this.engine.exports.memory;
    const { labels, evidenceCount } = this.model.info;
    const values = new Float64Array(buffer, pointer, SEGMENT_SIZE);
    const [salience, count, address] = values.subarray(SEGMENT_HEAD - 3);
    const evidence = Array.from(new Float32Array(buffer, address, evidenceCount));
    if (this.speaker) {
      this.#heard.segments.push(...values);
      this.#heard.evidence.push(...evidence);
    }
    const segment = {
      ...segmentAt(labels, values, 0),
      salience: Array.from(new Float32Array(buffer, salience, count)),
      ...(this.#options.evidence && values[2] !== NO_SPEECH && { evidence }),
    };
    if (this.#options.onSegment) this.#options.onSegment(segment);
    else this.segments.push(segment);
  }

  /**
   * Called by the WebAssembly side after each segment.
   * @param {number} seconds analysed
   * @returns {boolean} whether to stop
   */
  progress(seconds) {
    return Boolean(this.#options.onProgress?.(seconds));
  }
}

/** @returns {{segments: number[], evidence: number[]}} */
const nothingHeard = () => ({ segments: [], evidence: [] });

/** The front end alone: what a model hears of a recording. */
export class LogMel extends Inlet {
  /** The frames so far, FRAMES in each but the last. @type {Float32Array[]} */ #blocks = [];
  #frames = 0;
  #bands = 0;
  #start;

  /**
   * @param {Engine} engine
   * @param {{sampleRate: number, channels?: number, start?: number}} options
   */
  constructor(engine, options) {
    super(engine, options);
    this.#start = options.start ?? 0;
    const { emovox_wasm_features_create: create } = engine.exports;
    try {
      this.open((rate, out) => create(rate, this.channels, this.number, out));
    } catch (error) {
      this.close();
      throw error;
    }
    engine.logMels.set(this.number, this);
  }

  /**
   * Adds audio, any amount.
   * @param {Float32Array} samples interleaved if there are several channels
   */
  push(samples) {
    this.write(samples, this.engine.exports.emovox_features_push);
  }

  /**
   * Ends the recording and hands out everything about it.
   * @returns {LogMelResult}
   */
  result() {
    this.engine.check(this.engine.exports.emovox_features_finish(this.pointer));
    const [bands, frames] = [this.#bands, this.#frames];
    const values = floats(frames * bands);
    let rest = values;
    for (const block of this.#blocks.splice(0)) {
      rest.set(block.subarray(0, rest.length));
      rest = rest.subarray(block.length);
    }
    return { bands, frames, hopSeconds: FRAME_SECONDS, start: this.#start, values };
  }

  /** Frees everything; the object is of no use any more. */
  close() {
    this.engine.logMels.delete(this.number);
    this.free(this.engine.exports.emovox_features_destroy);
  }

  /**
   * Called by the WebAssembly side for each frame.
   * @param {number} pointer
   * @param {number} bands
   */
  receive(pointer, bands) {
    const row = this.#frames++ % FRAMES;
    if (row === 0) this.#blocks.push(floats(FRAMES * bands));
    this.#blocks.at(-1)?.set(new Float32Array(this.engine.exports.memory.buffer, pointer, bands), row * bands);
    this.#bands = bands;
  }
}

/**
 * @param {number} count
 * @throws {EmovoxError} `memory`
 */
function floats(count) {
  try {
    return new Float32Array(count);
  } catch (error) {
    throw EmovoxError.from(error, 'memory');
  }
}
