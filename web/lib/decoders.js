// SPDX-License-Identifier: MIT
//
// What a browser's WebCodecs do, for Node: decoders for the packets that decode.js demuxes. Each comes from a package
// that is imported when the first such file is read; "webpackIgnore" as bundlers of servers stumble over some of them.

import { EmovoxError } from './errors.js';

/** @import { AudioCodec, AudioSample, EncodedPacket } from 'mediabunny' */

/**
 * Decodes one packet after the other.
 *
 * @typedef {object} PacketDecoder
 * @property {(packet: Uint8Array) => Decoded | Promise<Decoded>} decode
 * @property {() => void} free
 */

/** @typedef {{channelData: Float32Array[], sampleRate: number, errors?: {message: string}[]}} Decoded */

/** @typedef {{numberOfChannels: number, description?: AllowSharedBufferSource}} Config of an AudioDecoder */

const aacPackage = '@audio/decode-aac';

/** @type {Partial<Record<AudioCodec, (config: Config) => Promise<PacketDecoder>>>} */
const openers = {
  async mp3() {
    const { MPEGDecoder } = await import(/* webpackIgnore: true */ 'mpg123-decoder');
    const decoder = new MPEGDecoder();
    await decoder.ready;
    // Its first frames may lean on some before a cut, and be wrong: as players do, what can be heard is taken.
    const decode = (/** @type {Uint8Array} */ packet) => ({ ...decoder.decodeFrame(packet), errors: [] });
    return { decode, free: () => decoder.free() };
  },

  async flac() {
    const { FLACDecoder } = await import(/* webpackIgnore: true */ '@wasm-audio-decoders/flac');
    const decoder = new FLACDecoder();
    await decoder.ready;
    const decode = async (/** @type {Uint8Array} */ packet) => {
      const decoded = await decoder.decodeFrames([packet]);
      // It takes the largest integer for 1; everybody else the one after, so that samples are what was encoded.
      const one = 2 ** (decoded.bitDepth - 1);
      const exact = (/** @type {number} */ value) => Math.round(value * (one - 1)) / one;
      return { ...decoded, channelData: decoded.channelData.map((channel) => channel.map(exact)) };
    };
    return { decode, free: () => decoder.free() };
  },

  async opus({ numberOfChannels: channels, description }) {
    const { OpusDecoder } = await import(/* webpackIgnore: true */ 'opus-decoder');
    const decoder = new OpusDecoder(opusHead(bytesOf(description), channels));
    await decoder.ready;
    return { decode: (packet) => decoder.decodeFrame(packet), free: () => decoder.free() };
  },

  async vorbis({ description }) {
    const { OggVorbisDecoder } = await import(/* webpackIgnore: true */ '@wasm-audio-decoders/ogg-vorbis');
    const decoder = new OggVorbisDecoder();
    await decoder.ready;
    const [identification, , setup] = vorbisHeaders(bytesOf(description));
    // It takes what its own demuxer would make of Ogg pages; the first two hold the headers.
    const decode = (/** @type {object[]} */ pages) => decoder.decodeOggPages(/** @type {any} */ (pages));
    let headers = [{ data: identification, codecFrames: [] }];
    return {
      decode: (data) => {
        const frame = { data, header: { vorbisSetup: setup } };
        const pages = [...headers, { data: new Uint8Array(1), codecFrames: [frame] }];
        headers = [];
        return decode(pages);
      },
      free: () => decoder.free(),
    };
  },

  async aac({ description }) {
    const { decoder: open } = await import(/* webpackIgnore: true */ aacPackage).catch((cause) => {
      const message = `AAC (M4A) needs a decoder under another licence, GPL-2.0: npm install ${aacPackage}.`;
      throw new EmovoxError('undecodable', `${message} Or convert the file to WAV or FLAC.`, { cause });
    });
    if (!description) throw new EmovoxError('undecodable', 'Bare AAC cannot be read here. Convert it to M4A or WAV.');
    return open({ asc: bytesOf(description) });
  },
};

let registered = false;

/**
 * Makes mediabunny decode with them.
 *
 * @param {Pick<typeof import('mediabunny'), 'AudioSample' | 'CustomAudioDecoder' | 'registerDecoder'>} mediabunny the
 *   very copy that is to use them
 */
export function registerDecoders({ AudioSample, CustomAudioDecoder, registerDecoder }) {
  if (registered) return;
  registered = true;
  registerDecoder(
    class extends CustomAudioDecoder {
      /** @type {PacketDecoder | undefined} */ #decoder;

      /** @param {AudioCodec} codec */
      static supports(codec) {
        return codec in openers;
      }

      // What fails is told to onError() and not thrown: mediabunny would leave a rejected promise unhandled.
      async init() {
        try {
          this.#decoder = await openers[this.codec]?.(this.config);
        } catch (error) {
          this.onError(error);
        }
      }

      /** @param {EncodedPacket} packet */
      async decode(packet) {
        try {
          await this.#decode(packet);
        } catch (error) {
          this.onError(error);
          this.close(); // nothing after it is to be trusted
        }
      }

      /** @param {EncodedPacket} packet */
      async #decode({ data, timestamp }) {
        if (!this.#decoder) return;
        const { channelData, sampleRate, errors = [] } = await this.#decoder.decode(data);
        if (errors.length > 0) throw new EmovoxError('undecodable', `The file is damaged: ${errors[0].message}.`);
        const numberOfChannels = channelData.length;
        const frames = channelData[0]?.length ?? 0;
        if (frames === 0) return;
        const planes = new Float32Array(frames * numberOfChannels);
        for (const [i, channel] of channelData.entries()) planes.set(channel, i * frames);
        this.onSample(new AudioSample({ data: planes, format: 'f32-planar', numberOfChannels, sampleRate, timestamp }));
      }

      flush() {}

      close() {
        this.#decoder?.free();
        this.#decoder = undefined;
      }
    },
  );
}

/**
 * @param {AllowSharedBufferSource | undefined} source
 * @returns {Uint8Array}
 */
function bytesOf(source) {
  if (!source) return new Uint8Array();
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

/**
 * How much to leave out at the beginning, and which stream holds which channel (RFC 7845, 5.1).
 *
 * @param {Uint8Array} head the identification header; WebM may leave it out
 * @param {number} channels
 */
function opusHead(head, channels) {
  const preSkip = head.length >= 19 ? head[10] + 256 * head[11] : 0;
  if (head.length < 21 + channels || head[18] === 0) {
    const channelMappingTable = channels === 1 ? [0] : [0, 1];
    return { channels, preSkip, streamCount: 1, coupledStreamCount: channels - 1, channelMappingTable };
  }
  const [streamCount, coupledStreamCount, ...table] = head.subarray(19, 21 + channels);
  return { channels, preSkip, streamCount, coupledStreamCount, channelMappingTable: table };
}

/**
 * The three headers of Vorbis: identification, comment, setup.
 *
 * @param {Uint8Array} description a 2, two lengths in bytes of 255 and one less, then the headers
 * @returns {Uint8Array[]}
 */
function vorbisHeaders(description) {
  let at = 1;
  const length = () => {
    let sum = 0;
    let byte;
    do {
      byte = description[at++] ?? 0;
      sum += byte;
    } while (byte === 255);
    return sum;
  };
  const [first, second] = [length(), length()];
  const cuts = [at, at + first, at + first + second, description.length];
  return [0, 1, 2].map((i) => description.subarray(cuts[i], cuts[i + 1]));
}
