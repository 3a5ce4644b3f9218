// SPDX-License-Identifier: MIT
//
// The microphone as a MessagePort of Float32Array blocks. The audio thread writes straight to the port, whose other
// end the worker reads: a busy page loses no audio.

import { abortError, EmovoxError } from './errors.js';

/** How long a context may take to start running before we say that the browser wants a click. */
const startMilliseconds = 3000;

/** The speech as it is: what these three do to it, they do to the emotion in it as well. */
const untouched = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/** An audio context that knows the capture processor. Suspended, at rest, while nobody records. */
export class AudioCapture {
  static get supported() {
    return typeof AudioWorkletNode !== 'undefined' && typeof navigator.mediaDevices?.getUserMedia === 'function';
  }

  constructor() {
    if (!AudioCapture.supported) throw new EmovoxError('microphone-unsupported');
    /** Whether somebody records. One at a time: the context rests when the recording ends. */
    this.busy = false;
    this.context = new AudioContext();
    // "no-inline" is for Vite, which would turn so small a file into a data: URL, and many pages forbid those.
    this.ready = this.context.audioWorklet.addModule(new URL('./capture-worklet.js?no-inline', import.meta.url));
    this.ready.catch(() => {}); // openMicrophone() reports it
  }

  close() {
    if (this.context.state !== 'closed') this.context.close();
  }
}

/**
 * @typedef {object} Microphone
 * @property {MessagePort} port for the worker: blocks of mono samples, then null
 * @property {number} sampleRate
 * @property {() => void} pause
 * @property {() => void} resume
 * @property {() => void} end sends what is left, then null
 * @property {() => void} release gives the device back
 * @property {() => void} onended set by the caller; called when the device goes away
 */

/**
 * @param {AudioCapture} capture
 * @param {{deviceId?: string, signal?: AbortSignal, onLevel?: (level: number) => void}} options
 * @returns {Promise<Microphone>}
 */
export async function openMicrophone(capture, { deviceId, signal, onLevel }) {
  const { context } = capture;
  capture.busy = true;
  /** What gives everything back, in reverse order. @type {(() => void)[]} */
  const cleanups = [
    () => {
      capture.busy = false;
    },
  ];
  const release = () => {
    for (const cleanup of cleanups.splice(0).reverse()) cleanup();
  };
  const running = context.resume(); // first of all, while the click still counts
  running.catch(() => {});
  try {
    const stream = await openStream({ ...untouched, ...(deviceId && { deviceId: { exact: deviceId } }) });
    cleanups.push(...stream.getTracks().map((track) => () => track.stop()));
    if (signal?.aborted) throw abortError(signal);
    await started(running, capture.ready);
    const source = context.createMediaStreamSource(stream);
    const node = new AudioWorkletNode(context, 'emovox-capture', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    const { port1, port2 } = new MessageChannel();
    node.port.postMessage({ port: port1 }, [port1]);
    node.port.onmessage = ({ data }) => onLevel?.(data);
    source.connect(node);

    const keepRunning = () => {
      // An incoming call or another tab may suspend the context; go on as soon as the browser lets us.
      if (context.state !== 'running' && context.state !== 'closed') context.resume().catch(() => {});
    };
    context.addEventListener('statechange', keepRunning);
    cleanups.push(() => {
      context.removeEventListener('statechange', keepRunning);
      source.disconnect();
      node.port.postMessage({ close: true });
      if (context.state === 'running') context.suspend().catch(() => {});
    });

    /** @type {Microphone} */
    const microphone = {
      port: port2,
      sampleRate: context.sampleRate,
      pause: () => node.port.postMessage({ paused: true }),
      resume: () => node.port.postMessage({ paused: false }),
      end: () => node.port.postMessage({ end: true }),
      release,
      onended: () => {},
    };
    for (const track of stream.getAudioTracks()) track.addEventListener('ended', () => microphone.onended());
    return microphone;
  } catch (error) {
    release();
    throw EmovoxError.from(error, 'microphone-unsupported');
  }
}

/**
 * @param {Promise<unknown>} running
 * @param {Promise<void>} ready
 */
async function started(running, ready) {
  await ready;
  const timeout = new Promise((_, reject) => {
    setTimeout(() => reject(new EmovoxError('microphone-suspended')), startMilliseconds);
  });
  await Promise.race([running, timeout]);
}

/**
 * @param {MediaTrackConstraints} audio
 * @returns {Promise<MediaStream>}
 */
async function openStream(audio) {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new EmovoxError(await refusal(/** @type {DOMException} */ (error)), undefined, { cause: error });
  }
}

/**
 * @param {DOMException} error of getUserMedia()
 * @returns {Promise<import('./errors.js').EmovoxErrorCode>}
 */
async function refusal(error) {
  switch (error.name) {
    case 'NotAllowedError':
      return (await permission()) === 'prompt' ? 'microphone-dismissed' : 'microphone-denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'microphone-absent';
    case 'NotReadableError':
    case 'AbortError':
      return 'microphone-busy';
    default:
      return 'microphone-unsupported';
  }
}

/**
 * A question that was closed and one that was answered with no give the same error; the permission tells them apart.
 * @returns {Promise<PermissionState | null>}
 */
async function permission() {
  try {
    const status = await navigator.permissions.query({ name: /** @type {PermissionName} */ ('microphone') });
    return status.state;
  } catch {
    return null; // browsers without it
  }
}
