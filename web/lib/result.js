// SPDX-License-Identifier: MIT

/**
 * A verdict about one stretch of audio.
 *
 * @typedef {object} Segment
 * @property {number} start seconds from the beginning
 * @property {number} end seconds
 * @property {string} label an emotion, 'no speech' or 'uncertain'
 * @property {number} confidence calibrated probability of the most probable emotion, 0..1
 * @property {number} speech_ratio share of the segment that is speech, 0..1
 * @property {Record<string, number>} probabilities per emotion; all 0 without speech
 * @property {number} intensity how strongly the emotion is expressed, 0..1; 0 without speech
 * @property {number} valence unpleasant to pleasant, -1..1: not measured but derived from the probabilities, as arousal
 * @property {number} arousal calm to excited, -1..1; both are 0 without speech
 * @property {number[]} salience how much attention each moment got, sum 1: number k begins at
 *   start + k * model.salienceSeconds; empty without speech
 */

/**
 * The verdict about a recording.
 *
 * @typedef {object} Summary
 * @property {number} duration seconds of audio
 * @property {string} emotion the majority of the votes: an emotion, 'no speech' or 'uncertain'
 * @property {number} confidence votes for it / all votes, 0..1
 * @property {Record<string, number>} votes per emotion, and for `uncertain`
 * @property {Record<string, number>} probabilities mean over the segments that voted
 * @property {number} intensity mean over the segments that voted, 0..1
 * @property {number} valence mean over the segments that voted, -1..1; derived from the probabilities
 * @property {number} arousal the same
 * @property {number} speech_ratio mean over the segments
 */

/**
 * What it took.
 *
 * @typedef {object} EngineReport
 * @property {string} version of the library
 * @property {string} model name and version of the model
 * @property {number} sampleRate of the audio that came in, Hz
 * @property {number} channels of the audio that came in
 * @property {number} seconds spent computing (decoding not counted)
 * @property {number} wasmMemoryBytes size of the WebAssembly memory
 */

/**
 * What is known of a speaker.
 *
 * @typedef {object} Adaptation
 * @property {number} seconds of speech that were enrolled or heard
 * @property {number} weight how far the next verdict is adapted to the speaker, 0..1
 */

/**
 * With the speaker's state after the recording, if one was given. `schema` names the JSON Schema that a result
 * satisfies, result.schema.json; the number changes when a field goes or changes its meaning, not when one is added.
 *
 * @typedef {{schema: 'emovox.result/1'} & Summary
 *   & {adaptation?: Adaptation, segments: Segment[], engine: EngineReport}} Result
 */

/**
 * @typedef {{stage: 'analyze', fraction: number | null, seconds: number, duration: number | null}} Progress seconds
 *   analysed so far, of how many (null: not known), and the quotient
 */

/**
 * @typedef {object} ModelInfo
 * @property {string} name
 * @property {string} version
 * @property {string} license
 * @property {string[]} labels the emotions it knows
 * @property {number} sequenceSeconds length of a full segment
 * @property {number} hopSeconds from one segment's start to the next
 * @property {number} minSeconds shortest audio that gets a verdict
 * @property {number} salienceSeconds from one value of a segment's salience to the next
 * @property {number} threshold the probability below which a segment votes `uncertain`, 0..1
 */

/**
 * What the model hears, before it evens out the level: log-mel frames, for a spectrogram.
 *
 * @typedef {object} LogMelResult
 * @property {number} bands values per frame: 80 mel bands from 0 to 8000 Hz
 * @property {number} frames
 * @property {number} hopSeconds from one frame's middle to the next one's
 * @property {number} start seconds, the middle of the first frame; what lies before it or after the end is heard as
 *   silence
 * @property {Float32Array<ArrayBuffer>} values frame after frame: log10 of the power in each band, -14 and up
 */

export {};
