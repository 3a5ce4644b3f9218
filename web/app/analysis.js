// SPDX-License-Identifier: MIT
//
// The engine and what is asked of it: files one after the other, a live recording beside them.

import { Emovox, EmovoxError } from 'emovox';
import { fetchModel } from './models.js';
import { heardOf, newRecording, peaksPerSecond } from './recordings.js';

/** @import { Recording as Live, Result } from 'emovox' */
/** @import { Recording, Session } from './recordings.js' */
/** @import { Settings } from './settings.js' */
/** @import { Known, Profiles } from './profiles.js' */

/**
 * @typedef {{loaded: number, total: number | null}} Loading bytes
 */

export class Analysis {
  /** What has been made, by model. @type {Map<string, {made: Promise<Emovox>, emovox?: Emovox}>} */ #engines =
    new Map();
  #session;
  #settings;
  #profiles;
  #onLoading;

  /**
   * @param {Session} session
   * @param {Settings} settings the object in use, which changes
   * @param {Profiles} profiles
   * @param {(loading: Loading) => void} onLoading
   */
  constructor(session, settings, profiles, onLoading) {
    this.#session = session;
    this.#settings = settings;
    this.#profiles = profiles;
    this.#onLoading = onLoading;
  }

  /**
   * The engine with the model of the settings, made when it is asked for. One that has crashed is made anew.
   * @param {AbortSignal} [signal] ends the download of a large model
   * @returns {Promise<Emovox>}
   */
  engine(signal) {
    const { model } = this.#settings;
    const known = this.#engines.get(model);
    if (known && !known.emovox?.ended) return known.made;
    /** @type {{made: Promise<Emovox>, emovox?: Emovox}} */
    const entry = { made: this.#make(model, signal) };
    this.#engines.set(model, entry);
    entry.made.then(
      (emovox) => {
        entry.emovox = emovox;
        this.#profiles.meet(emovox, model);
      },
      () => this.#forget(entry.made),
    );
    return entry.made;
  }

  /**
   * @param {'small' | 'large'} name
   * @param {AbortSignal | undefined} signal
   */
  async #make(name, signal) {
    const onProgress = this.#onLoading;
    // The small one belongs to the page; the large one is stored when it is asked for.
    const model = name === 'small' ? name : await fetchModel(name, { signal, onProgress });
    return Emovox.create({ model, microphone: true, signal, onProgress });
  }

  /**
   * @param {Promise<Emovox>} engine that is of no use any more
   * @returns {boolean} whether it was in use until now
   */
  #forget(engine) {
    const entry = [...this.#engines].find(([, { made }]) => made === engine);
    return entry !== undefined && this.#engines.delete(entry[0]);
  }

  /**
   * @param {Blob} audio
   * @param {string} name
   * @param {{show?: boolean}} [options]
   */
  open(audio, name, options) {
    const recording = newRecording(name, 'waiting', { audio });
    this.#session.add(recording, options);
    return this.run(recording);
  }

  /**
   * Analyses what is kept of a recording, with the settings of now.
   * @param {Recording} recording
   * @returns {Promise<void>} when it is done or has failed
   */
  async run(recording) {
    const { audio } = recording;
    if (!audio) return;
    const { abort, segments, peaks } = newRecording(recording.name, 'waiting');
    Object.assign(recording, { state: 'waiting', abort, segments, peaks, seconds: 0, elapsed: 0, kept: false });
    recording.result = recording.error = undefined;
    this.#session.touch(recording);
    await this.#settle(recording, async (emovox) => {
      const { options, known } = await this.#conditions(recording, emovox);
      const result = await emovox.analyze(audio, {
        ...options,
        signal: recording.abort.signal,
        onProgress: (progress) => {
          this.#hear(recording);
          Object.assign(recording, progress);
          this.#session.touch(recording);
        },
        onPeaks: (more) => {
          this.#hear(recording);
          recording.peaks.push(more);
          this.#session.touch(recording);
        },
        onSegment: (segment) => recording.segments.push(segment),
      });
      return { result, known };
    });
  }

  /** @param {Recording} recording that shows signs of life */
  #hear(recording) {
    const now = performance.now();
    if (recording.state === 'waiting') Object.assign(recording, { state: 'working', heardAt: now });
    heardOf(recording, now);
  }

  /**
   * @param {Recording} recording
   * @param {Emovox} emovox
   */
  async #conditions(recording, emovox) {
    const { model, hop, prior, threshold } = this.#settings;
    const known = await this.#profiles.open(emovox, model);
    recording.model = emovox.model;
    recording.conditions = {
      model,
      hop: hop ?? emovox.model.hopSeconds,
      prior,
      threshold: threshold ?? emovox.model.threshold,
      speaker: known?.profile.name ?? null,
      profile: known?.profile.id ?? null,
    };
    const options = {
      prior,
      evidence: true,
      onRevised: (/** @type {Result['segments']} */ segments) => {
        recording.segments = segments; // shown with the verdict
      },
      ...(hop !== null && { hop: Math.min(hop, emovox.model.sequenceSeconds) }),
      ...(threshold !== null && { threshold }),
      ...(known && { speaker: known.speaker }),
    };
    return { options, known };
  }

  /**
   * Judges what a speaker has said before again, now that more is known of the voice.
   * @param {Emovox} emovox
   * @param {Known} known
   * @param {Recording} latest which has just been judged by all that is known
   */
  async #judgeAgain(emovox, { profile, speaker }, latest) {
    for (const recording of [...this.#session.list]) {
      const { result: before, conditions } = recording;
      if (recording === latest || !before || conditions?.profile !== profile.id) continue;
      const { prior, threshold } = conditions;
      // Without evidence, with that of another model, or with an engine that has crashed, it stays as it is.
      const result = await emovox.judge(before, { speaker, prior, threshold }).catch(() => before);
      if (result === before || recording.result !== before) continue;
      Object.assign(recording, { result, segments: result.segments });
      this.#session.touch(recording);
    }
  }

  /**
   * @param {Recording} recording
   * @param {(emovox: Emovox) => Promise<{result: Result, known: Known | null}>} verdict
   */
  async #settle(recording, verdict) {
    const engine = this.engine();
    let revise = async () => {};
    try {
      const emovox = await engine;
      const { result, known } = await verdict(emovox);
      if (known) {
        await this.#profiles.learned(known, result.adaptation);
        revise = () => this.#judgeAgain(emovox, known, recording);
      }
      Object.assign(recording, { result, duration: result.duration, state: 'done' });
    } catch (thrown) {
      const error = EmovoxError.from(thrown);
      if (error === (await engine.catch(() => null))?.ended) {
        const own = this.#forget(engine);
        if (!own && recording.state === 'waiting') return this.run(recording); // it waited behind what crashed
        if (recording.state === 'live' && recording.audio) {
          this.run(recording); // it was recorded to its end all the same
          return;
        }
      }
      recording.error = error;
      recording.state = 'failed';
    }
    this.#session.touch(recording);
    await revise();
  }

  /**
   * Records. Call it from a click.
   *
   * @param {string} name
   * @param {{deviceId?: string, onLevel: (level: number) => void, onSamples: (block: Float32Array<ArrayBuffer>) => void,
   *   sound: () => Blob | null}} how sound: what was recorded, asked for once it has ended, in whichever way
   * @returns {Promise<{emovox: Emovox, live: Live, recording: Recording, settled: Promise<void>}>}
   */
  async record(name, { deviceId, onLevel, onSamples, sound }) {
    // Nothing is awaited that is not there yet once the page is ready, so that the click still counts.
    const engine = this.engine();
    const emovox = await engine;
    const recording = newRecording(name, 'live');
    const { echo, noise, gain } = this.#settings;
    const { options, known } = await this.#conditions(recording, emovox);
    const live = await emovox.listen({
      ...options,
      ...(deviceId && { deviceId }),
      echoCancellation: echo,
      noiseSuppression: noise,
      autoGainControl: gain,
      signal: recording.abort.signal,
      onLevel,
      onSamples,
      onPeaks: (more) => {
        recording.peaks.push(more);
        recording.seconds = recording.peaks.length / peaksPerSecond;
        this.#session.touch(recording);
      },
      onSegment: (segment) => recording.segments.push(segment),
    });
    this.#session.add(recording, { show: true });
    const heard = live.finished.finally(() => {
      recording.audio = sound();
    });
    return { emovox, live, recording, settled: this.#settle(recording, async () => ({ result: await heard, known })) };
  }
}
