// SPDX-License-Identifier: MIT
//
// The microphone as a MessagePort of Float32Array blocks. The audio thread writes straight to the port, whose other
// end the worker reads: a busy page loses no audio.

import { abortError, EmovoxError } from './errors.js';

/** How long the audio thread may take to end its processor. */
const closeMilliseconds = 300;
/** And to give its last block: while the context sleeps, it gives none. */
const lastBlockMilliseconds = 1000;

/** Frames per block without an AudioWorklet. */
const scriptFrames = 4096;

/** How long a context may take to start running before we say that the browser wants a click. */
const startMilliseconds = 3000;

/** An audio context that knows the capture processor. Suspended, at rest, while nobody records. */
export class AudioCapture {
  static get supported() {
    return typeof AudioContext !== 'undefined';
  }

  /** @param {URL | undefined} worklet where capture-worklet.js is, if it may be had */
  constructor(worklet) {
    if (!AudioCapture.supported) throw new EmovoxError('microphone-unsupported');
    /** Whether somebody records. One at a time: the context rests when the recording ends. */
    this.busy = false;
    this.context = new AudioContext();
    /** Ends the recording that is under way, if any. */
    this.release = () => {};
    /** Once nothing of the last recording runs any more. @type {Promise<void>} */
    this.resting = Promise.resolve();
    /** Whether the audio thread runs our processor. @type {Promise<boolean>} */
    this.ready = this.#addProcessor(worklet);
  }

  /** @param {URL | undefined} worklet */
  async #addProcessor(worklet) {
    if (!worklet) return false;
    try {
      await this.context.audioWorklet.addModule(worklet);
      return true;
    } catch {
      return false; // an old browser, a page that is not served securely, a policy, a file that is not there
    }
  }

  close() {
    this.release();
    this.resting.finally(() => {
      if (this.context.state !== 'closed') this.context.close();
    });
  }
}

/**
 * @typedef {object} Microphone
 * @property {MessagePort} port for the worker: blocks of mono samples, then null
 * @property {number} sampleRate
 * @property {() => void} pause
 * @property {() => void} resume
 * @property {() => void} end sends what is left, then null
 * @property {Promise<void>} ended once all samples were given, after end() or release()
 * @property {() => void} release gives the device back
 * @property {() => void} onended set by the caller; called when the device goes away
 */

/**
 * The port and its controls: what records, on the audio thread or on the page's own.
 *
 * @typedef {Pick<Microphone, 'port' | 'pause' | 'resume' | 'end' | 'ended'> & {close: () => Promise<void>}} Tap
 */

/**
 * @typedef {object} MicrophoneOptions
 * @property {string} [deviceId]
 * @property {MediaStream} [stream] to hear instead of opening a microphone; its tracks stay the caller's
 * @property {boolean} [echoCancellation] all three are off by default: what they do to a voice, they do to the emotion
 *   in it as well
 * @property {boolean} [noiseSuppression]
 * @property {boolean} [autoGainControl]
 * @property {AbortSignal} [signal] gives everything back
 * @property {(level: number) => void} [onLevel]
 * @property {(samples: Float32Array<ArrayBuffer>) => void} [onSamples]
 */

/**
 * @param {AudioCapture} capture
 * @param {MicrophoneOptions} options
 * @returns {Promise<Microphone>}
 */
export async function openMicrophone(capture, options) {
  const { deviceId, signal } = options;
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
  capture.release = release;
  const running = context.resume(); // first of all, while the click still counts
  running.catch(() => {});
  try {
    const { echoCancellation = false, noiseSuppression = false, autoGainControl = false } = options;
    const processing = { echoCancellation, noiseSuppression, autoGainControl };
    const stream =
      options.stream ?? (await openStream({ ...processing, ...(deviceId && { deviceId: { exact: deviceId } }) }));
    if (!options.stream) cleanups.push(...stream.getTracks().map((track) => () => track.stop()));
    await started(running);
    const source = context.createMediaStreamSource(stream);
    const hasWorklet = await capture.ready;
    if (signal?.aborted) throw abortError(signal);
    const tap = hasWorklet ? tapByWorklet(source, options) : tapByScript(source, options);

    const keepRunning = () => {
      // An incoming call or another tab may suspend the context; go on as soon as the browser lets us.
      if (context.state !== 'running' && context.state !== 'closed') context.resume().catch(() => {});
    };
    context.addEventListener('statechange', keepRunning);
    cleanups.push(() => {
      context.removeEventListener('statechange', keepRunning);
      source.disconnect();
      capture.resting = tap.close().then(() => {
        if (!capture.busy && context.state === 'running') context.suspend().catch(() => {});
      });
    });

    signal?.addEventListener('abort', release);
    cleanups.push(() => signal?.removeEventListener('abort', release));
    /** @type {() => void} */ let over = () => {};
    /** @type {Promise<void>} */
    const ended = new Promise((resolve) => {
      over = resolve;
    });
    tap.ended.then(over);
    cleanups.push(over);

    /** @type {Microphone} */
    const microphone = {
      port: tap.port,
      sampleRate: context.sampleRate,
      pause: tap.pause,
      resume: tap.resume,
      end: () => {
        tap.end();
        setTimeout(over, lastBlockMilliseconds);
      },
      ended,
      release,
      onended: () => {},
    };
    const onEnded = () => microphone.onended();
    for (const track of stream.getAudioTracks()) {
      track.addEventListener('ended', onEnded);
      cleanups.push(() => track.removeEventListener('ended', onEnded)); // Chromium keeps a track that has a listener
    }
    return microphone;
  } catch (error) {
    release();
    throw EmovoxError.from(error, 'microphone-unsupported');
  }
}

/**
 * @param {MediaStreamAudioSourceNode} source
 * @param {Pick<MicrophoneOptions, 'onLevel' | 'onSamples'>} options
 * @returns {Tap}
 */
function tapByWorklet(source, { onLevel, onSamples }) {
  const node = new AudioWorkletNode(source.context, 'emovox-capture', {
    numberOfOutputs: 0,
    channelCount: 1,
    channelCountMode: 'explicit',
  });
  const { port1, port2 } = new MessageChannel();
  node.port.postMessage({ port: port1, samples: onSamples !== undefined }, [port1]);
  /** @type {(name: 'ended' | 'closed') => Promise<void>} */
  const said = (name) =>
    new Promise((resolve) => node.port.addEventListener('message', ({ data }) => data[name] && resolve()));
  const [ended, closed] = [said('ended'), said('closed')];
  node.port.onmessage = ({ data: { level, block } }) => {
    if (level !== undefined) onLevel?.(level);
    if (block) onSamples?.(block);
  };
  source.connect(node);
  return {
    port: port2,
    pause: () => node.port.postMessage({ paused: true }),
    resume: () => node.port.postMessage({ paused: false }),
    end: () => node.port.postMessage({ end: true }),
    ended,
    // A context that rests before the processor has ended would keep it for ever.
    close: () => {
      node.port.postMessage({ close: true });
      return Promise.race([closed, new Promise((resolve) => setTimeout(resolve, closeMilliseconds))]);
    },
  };
}

/**
 * The same on the page's own thread, where there is no AudioWorklet: a busy page may lose audio.
 *
 * @param {MediaStreamAudioSourceNode} source
 * @param {Pick<MicrophoneOptions, 'onLevel' | 'onSamples'>} options
 * @returns {Tap}
 */
function tapByScript(source, { onLevel, onSamples }) {
  const context = /** @type {AudioContext} */ (source.context);
  const node = context.createScriptProcessor(scriptFrames, 1, 1);
  const { port1, port2 } = new MessageChannel();
  let paused = false;
  /** @type {() => void} */ let end;
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => {
    end = resolve;
  });
  node.onaudioprocess = ({ inputBuffer }) => {
    if (paused) return;
    const block = inputBuffer.getChannelData(0).slice();
    onLevel?.(Math.min(1, Math.sqrt(block.reduce((power, sample) => power + sample * sample, 0) / block.length)));
    onSamples?.(block.slice());
    port1.postMessage(block, [block.buffer]);
  };
  source.connect(node);
  node.connect(context.destination); // it stays silent, but runs only when connected
  return {
    port: port2,
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
    },
    end: () => {
      paused = true;
      port1.postMessage(null);
      end();
    },
    ended,
    close: async () => node.disconnect(),
  };
}

/** @param {Promise<unknown>} running */
async function started(running) {
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
  if (typeof navigator.mediaDevices?.getUserMedia !== 'function') throw new EmovoxError('microphone-unsupported');
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
