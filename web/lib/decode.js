// SPDX-License-Identifier: MIT
//
// An audio file as a stream of PCM blocks: demuxed by mediabunny, decoded by WebCodecs, a few blocks ahead of the
// reader and never the whole file. Runs in the worker.

import {
  ADTS,
  AudioSampleSink,
  BlobSource,
  EncodedPacketSink,
  FLAC,
  Input,
  Logging,
  LogLevel,
  MATROSKA,
  MP3,
  MP4,
  OGG,
  QTFF,
  UnsupportedInputFormatError,
  WAVE,
  WEBM,
} from 'mediabunny';
import { EmovoxError } from './errors.js';

/** @import { InputAudioTrack, AudioSample } from 'mediabunny' */
/** @import { Stretch } from './stretch.js' */

// Node has no WebCodecs: there, decoders.js brings decoders of its own, for this copy of mediabunny.
export { AudioSample, CustomAudioDecoder, registerDecoder } from 'mediabunny';

/**
 * @typedef {object} DecodedAudio
 * @property {number} sampleRate Hz, the file's own
 * @property {number} channels
 * @property {number | null} duration seconds, as far as the file tells
 * @property {AsyncGenerator<Float32Array>} blocks interleaved; each is valid until the next one is asked for. Whoever
 *   asks for none calls return()
 */

Logging.level = LogLevel.Errors; // what is wrong with a file is for its result to say

/** Containers without their network-bound relatives (HLS): nothing here may ever fetch. */
const formats = [WAVE, MP3, OGG, FLAC, MP4, QTFF, WEBM, MATROSKA, ADTS];

/** Those of them that state the exact length of the audio track, so that a cut-off file can be told. */
const exactFormats = new Set([FLAC, MP4, QTFF]);

/** What AudioContext.decodeAudioData() may be trusted with, as it decodes everything at once. */
const wholeFileSeconds = 600;
const wholeFileBytes = 8 << 20;

/** How far before a stretch decoding begins, seconds: what a decoder gives first depends on what it has not seen. */
const settleSeconds = 0.2;

/** For worker.js, which says why. */
Object.assign(globalThis, { [Symbol.for('emovox.decoder')]: { decode } });

/** A file that only the browser's one-shot decoder might read; the page has that decoder, the worker has not. */
class NeedsWholeFileDecoder extends Error {}

/**
 * Opens a file and decodes its first block.
 *
 * @param {Blob} blob
 * @param {AbortSignal} signal ends the reading
 * @param {Stretch} [stretch] that is wanted; little else is decoded
 * @returns {Promise<DecodedAudio | null>} null: only the page's one-shot decoder might read it
 * @throws {EmovoxError}
 */
export async function decode(blob, signal, { start = 0, end = Infinity } = {}) {
  if (blob.size === 0) throw new EmovoxError('empty');
  const input = new Input({ source: new BlobSource(blob), formats });
  const dispose = () => input.dispose();
  signal.addEventListener('abort', dispose);
  try {
    await refuseHalfWave(blob);
    const track = await input.getPrimaryAudioTrack();
    if (!track) throw new EmovoxError('undecodable', 'This file holds no audio track. Choose a file with sound.');
    const duration = await estimateDuration(track, blob.size);
    await refuseUndecodable(track, duration, blob.size);

    const from = start > 2 * settleSeconds ? start - settleSeconds : undefined; // not within the first packets
    const late = from && (await input.getFormat()) === OGG ? await swallowed(track, from) : 0;
    const samples = new AudioSampleSink(track).samples(from, end);
    const first = await samples.next();
    if (first.done) throw new EmovoxError(duration && start < duration ? 'undecodable' : 'empty');
    const { sampleRate, numberOfChannels: channels } = first.value;
    const declared = exactFormats.has(/** @type {any} */ (await input.getFormat())) ? duration : null;

    const wanted = { sampleRate, channels, start: start - late, end: end - late };
    const blocks = (async function* () {
      try {
        yield new Float32Array(); // begun here: from now on return() gives back what is held, too
        let seconds = start;
        for await (const block of pcm(first.value, samples, wanted)) {
          yield block;
          seconds += block.length / channels / sampleRate;
        }
        // A tenth of tolerance: edit lists and encoder padding make the stated length a little longer than the sound.
        if (declared && seconds < 0.9 * Math.min(declared, end)) throw new EmovoxError('undecodable', cutOff);
      } catch (error) {
        throw EmovoxError.from(error, 'undecodable');
      } finally {
        signal.removeEventListener('abort', dispose);
        first.value.close();
        await samples.return();
        input.dispose();
      }
    })();
    await blocks.next();
    return { sampleRate, channels, duration, blocks };
  } catch (error) {
    signal.removeEventListener('abort', dispose);
    input.dispose();
    if (error instanceof NeedsWholeFileDecoder) return null;
    if (error instanceof UnsupportedInputFormatError && blob.size <= wholeFileBytes) return null;
    throw EmovoxError.from(error, 'undecodable');
  }
}

const cutOff = 'This file ends before its recording does: it was cut off while being saved or copied. Get it again.';

const tooLong = 'WAV files end at 4 GiB, and this one goes on. Save it as RF64 or FLAC.';

/**
 * mediabunny reads as much of a cut WAV file as there is, and of a long one what its sizes can say; an answer about half
 * a recording would mislead.
 * @param {Blob} blob
 */
async function refuseHalfWave(blob) {
  const header = new DataView(await blob.slice(0, 12).arrayBuffer());
  if (header.byteLength < 12 || header.getUint32(0) !== 0x52494646 || header.getUint32(8) !== 0x57415645) return;
  if (blob.size > 2 ** 32 + 8) throw new EmovoxError('undecodable', tooLong);
  const size = header.getUint32(4, true);
  const unknown = size === 0 || size >= 0x7ffff000; // what programs write that stream to a pipe
  if (!unknown && size + 8 > blob.size + 1) throw new EmovoxError('undecodable', cutOff);
}

/**
 * @param {InputAudioTrack} track
 * @param {number} bytes
 * @returns {Promise<number | null>}
 */
async function estimateDuration(track, bytes) {
  const stated = await track.getDurationFromMetadata();
  if (stated !== null) return stated;
  // Ogg and bare AAC do not say. The bit rate of the beginning will do for a progress bar.
  const { averageBitrate } = await track.computePacketStats(200);
  return averageBitrate > 0 ? (bytes * 8) / averageBitrate : null;
}

/**
 * @param {InputAudioTrack} track
 * @param {number | null} duration
 * @param {number} bytes
 */
async function refuseUndecodable(track, duration, bytes) {
  if (await track.canDecode()) return;
  const codec = (await track.getCodec()) ?? 'this kind of audio';
  if (duration === null ? bytes <= wholeFileBytes : duration <= wholeFileSeconds) throw new NeedsWholeFileDecoder();
  throw new EmovoxError(
    'undecodable',
    `This browser can decode ${codec} only for recordings of up to ${wholeFileSeconds / 60} minutes. ` +
      'Convert the recording to WAV, or use a browser with WebCodecs (Chrome, Edge, Firefox, Safari 26).',
  );
}

/**
 * What a decoder leaves out when it begins in the middle of an Ogg file: the rest then seems to come earlier. Opus
 * leaves out what it would at the beginning, Vorbis the packet that the next one builds on.
 *
 * @param {InputAudioTrack} track
 * @param {number} from
 * @returns {Promise<number>} seconds
 */
async function swallowed(track, from) {
  const config = await track.getDecoderConfig();
  if (config?.codec === 'opus') {
    const { description } = /** @type {{description?: Uint8Array}} */ (config);
    return description ? (description[10] + 256 * description[11]) / 48000 : 0;
  }
  const ours = typeof AudioDecoder === 'undefined'; // in decoders.js: it tells the time of what comes out
  return ours ? 0 : ((await new EncodedPacketSink(track).getKeyPacket(from))?.duration ?? 0);
}

/**
 * The samples as interleaved floats, without what lies before the start (before 0: encoder delay) or after the end.
 *
 * @param {AudioSample} first
 * @param {AsyncIterable<AudioSample>} rest
 * @param {{sampleRate: number, channels: number, start: number, end: number}} wanted start, end: seconds
 * @returns {AsyncGenerator<Float32Array>}
 */
async function* pcm(first, rest, { sampleRate, channels, start, end }) {
  let buffer = new Float32Array(0);
  /** @param {AudioSample} sample */
  const convert = (sample) => {
    try {
      if (sample.sampleRate !== sampleRate || sample.numberOfChannels !== channels) {
        throw new EmovoxError('undecodable', 'The sample rate or the channels change within this file. Convert it.');
      }
      const frameAt = (/** @type {number} */ time) =>
        Math.min(sample.numberOfFrames, Math.max(0, Math.round((time - sample.timestamp) * sampleRate)));
      const frameOffset = frameAt(start);
      const frameCount = frameAt(end) - frameOffset;
      const length = frameCount * channels;
      if (buffer.length < length) buffer = new Float32Array(length);
      const block = buffer.subarray(0, length);
      if (length > 0) sample.copyTo(block, { planeIndex: 0, format: 'f32', frameOffset, frameCount });
      return block;
    } finally {
      sample.close();
    }
  };
  yield convert(first);
  for await (const sample of rest) yield convert(sample);
}
