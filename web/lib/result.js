// SPDX-License-Identifier: MIT

/**
 * A verdict about one stretch of audio.
 *
 * @typedef {object} Segment
 * @property {number} start seconds from the beginning
 * @property {number} end seconds
 * @property {string} label an emotion, 'no speech' or 'uncertain'
 * @property {number} probability of the most probable emotion, calibrated, 0..1; 0 without speech
 * @property {number} speech_ratio share of the segment that is speech, 0..1
 * @property {Record<string, number>} probabilities per emotion; all 0 without speech
 * @property {number} intensity how strongly the emotion is expressed, 0..1; 0 without speech
 * @property {number} valence unpleasant to pleasant, -1..1: not measured but derived from the probabilities, as arousal
 * @property {number} arousal calm to excited, -1..1; both are 0 without speech
 * @property {number[]} salience how much attention each moment got, sum 1: number k begins at
 *   start + k * model.salienceSeconds; empty without speech
 * @property {number[]} [evidence] what the verdict was made of, where the option `evidence` asked for it and there is
 *   speech: `model.evidenceCount` numbers for judge(), of meaning to the model only
 */

/**
 * The verdict about a recording.
 *
 * @typedef {object} Summary
 * @property {number} duration seconds of audio
 * @property {string} emotion the majority of the votes: an emotion, 'no speech' or 'uncertain'
 * @property {number} agreement votes for it / all votes, 0..1: how far the segments agree, its dominance over time. It
 *   says nothing of how likely the emotion is to be right
 * @property {number} probability of it, 0..1: mean over the segments that voted; if it is `uncertain`, of the most
 *   probable emotion
 * @property {number} confidence another name of `agreement`
 * @property {Record<string, number>} votes per emotion, and for `uncertain`
 * @property {Record<string, number>} probabilities mean over the segments that voted
 * @property {number} intensity mean over the segments that voted, 0..1
 * @property {number} valence mean over the segments that voted, -1..1; derived from the probabilities
 * @property {number} arousal the same
 * @property {number} speech_ratio mean over the segments
 */

/**
 * Of what a result can be judged again.
 *
 * @typedef {object} EvidenceReport
 * @property {string} model the fingerprint of the model that gave it
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
 * How common each emotion is where the audio comes from: as in everyday life, all alike, or a weight of 0 to 1000000 by
 * emotion, 1 for those left out.
 *
 * @typedef {'everyday' | 'even' | Record<string, number>} Prior
 */

/**
 * What is known of a speaker.
 *
 * @typedef {object} Adaptation
 * @property {number} seconds of speech that were enrolled or heard
 * @property {number} weight how far the next verdict is adapted to the speaker, 0..1
 */

/**
 * With what it was judged by: `prior` tells how common each emotion was taken for (sum 1; 0: not among the labels
 * allowed), `adaptation` the speaker's state after the recording, if one was given. `schema` names the JSON Schema that a result
 * satisfies, result.schema.json; the number changes when a field goes or changes its meaning, not when one is added.
 *
 * @typedef {{schema: 'emovox.result/2'} & Summary & {prior: Record<string, number>, adaptation?: Adaptation,
 *   evidence?: EvidenceReport, segments: Segment[], engine: EngineReport}} Result
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
 * @property {string} fingerprint tells models apart, 16 hexadecimal digits: evidence and profiles are of use with the
 *   same one only
 * @property {number} evidenceCount numbers in a segment's evidence
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
