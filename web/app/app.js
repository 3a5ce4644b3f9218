// SPDX-License-Identifier: MIT
//
// The page. Hooks for tests: #file, #record, #pause, #stop, #cancel, #status, #recordings, and #result with
// data-state (waiting, live, working, done, failed), data-emotion, data-confidence and data-error.

import { Emovox, EmovoxError } from 'emovox';
import { byId, element } from './dom.js';
import { headline, letter } from './emotions.js';
import { clock, megabytes, percent } from './format.js';
import { newRecording } from './recordings.js';
import { view } from './result-view.js';

/** @import { Recording as Live } from 'emovox' */
/** @import { Recording } from './recordings.js' */

const file = byId('file', HTMLInputElement);
const drop = byId('drop', HTMLLabelElement);
const record = byId('record', HTMLButtonElement);
const live = byId('recording', HTMLDivElement);
const pause = byId('pause', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);
const level = byId('level', HTMLDivElement);
const status = byId('status', HTMLParagraphElement);
const retry = byId('retry', HTMLButtonElement);
const list = byId('recordings', HTMLUListElement);
const result = byId('result', HTMLElement);

/** @type {Recording[]} newest last */
const recordings = [];
/** The one in #result. @type {Recording | null} */
let shown = null;
/** Whether the user picked it: then it stays. */
let picked = false;
/** @type {Promise<Emovox>} */
let engine;

/**
 * The one live region: what it says is announced.
 * @param {string} text
 * @param {{seen?: boolean}} [options] seen: #result shows the same, so that only those who listen need it
 */
function say(text, { seen = false } = {}) {
  status.textContent = text;
  status.classList.toggle('visually-hidden', seen);
}

function load() {
  retry.hidden = true;
  status.classList.remove('failed');
  say('Loading…');
  engine = Emovox.create({
    microphone: true,
    onProgress: ({ loaded, total }) => {
      if (total) status.dataset.loaded = `${megabytes(loaded)} of ${megabytes(total)}`;
    },
  });
  engine.then(
    ({ version, model }) => {
      document.body.dataset.ready = '';
      byId('about', HTMLElement).append(
        ` Version ${version}, model ${model.name} ${model.version} (${model.license}).`,
      );
      say('Ready.');
    },
    (error) => {
      status.classList.add('failed');
      document.body.dataset.error = error.code;
      say(error.message);
      retry.hidden = false;
    },
  );
}

/** @param {Iterable<File>} files */
function add(files) {
  const added = [...files];
  picked = false;
  for (const one of added) analyze(one, one.name);
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
async function analyze(blob, name) {
  const recording = newRecording(name, 'waiting');
  recordings.push(recording);
  if (recordings.every((other) => other === recording || other.state === 'done' || other.state === 'failed')) {
    show(recording);
  }
  const begin = () => {
    if (recording.state !== 'waiting') return;
    recording.state = 'working';
    recording.startedAt = performance.now();
    say(`Analysing ${name}.`);
    follow(recording);
  };
  await settle(recording, async () => {
    const emovox = await engine;
    return emovox.analyze(blob, {
      signal: recording.abort.signal,
      onProgress: (progress) => {
        begin();
        Object.assign(recording, progress);
        update(recording);
      },
      onSegment: (segment) => recording.segments.push(segment),
    });
  });
}

/**
 * Waits for the verdict and shows it, or why there is none.
 * @param {Recording} recording
 * @param {() => Promise<import('emovox').Result>} verdict
 */
async function settle(recording, verdict) {
  update(recording);
  try {
    recording.result = await verdict();
    recording.state = 'done';
    say(`${recording.name}: ${headline(recording.result)}, confidence ${percent(recording.result.confidence)}.`, {
      seen: !picked,
    });
  } catch (error) {
    recording.error = EmovoxError.from(error);
    recording.state = 'failed';
    say(`${recording.name}: ${recording.error.message}`, { seen: !picked });
  }
  follow(recording);
}

/** @param {Recording} recording shown from now on, unless the user picked another */
function follow(recording) {
  if (picked) update(recording);
  else show(recording);
}

/** @param {Recording} recording */
function show(recording) {
  shown = recording;
  update(recording);
}

/** Recordings that have changed since the last frame. @type {Set<Recording>} */
const changed = new Set();

/** @param {Recording} recording */
function update(recording) {
  if (changed.size === 0) requestAnimationFrame(render);
  changed.add(recording);
}

/** What #result shows at the moment. @type {{recording: Recording, state: string, update: () => void} | null} */
let face = null;

function render() {
  const showChanged = shown !== null && changed.has(shown);
  changed.clear();
  renderList();
  if (!shown || !showChanged) return;
  if (face?.recording !== shown || face.state !== shown.state) renderResult(shown);
  face?.update();
}

/** @param {Recording} recording */
function renderResult(recording) {
  const { state, error, abort, result: verdict } = recording;
  const focused = result.contains(document.activeElement);
  const { nodes, update } = view(recording, { cancel: () => abort.abort() });
  face = { recording, state, update };
  result.hidden = false;
  result.dataset.state = state;
  setData('emotion', verdict?.emotion);
  setData('confidence', verdict?.confidence.toFixed(4));
  setData('error', error?.code);
  result.replaceChildren(...nodes);
  if (verdict) result.append(downloadButton(recording));
  // Where the focus was in what is gone, it goes on in what came.
  if (focused) (result.querySelector('button') ?? file).focus();
}

/**
 * @param {string} name
 * @param {string | undefined} value
 */
function setData(name, value) {
  if (value === undefined) delete result.dataset[name];
  else result.dataset[name] = value;
}

/** The list's entries, made once each, so that a click or the focus never meets a fresh one. @type {Map<Recording, {item: HTMLElement, update: () => void}>} */
const entries = new Map();

function renderList() {
  list.hidden = recordings.length < 2;
  for (const recording of recordings) {
    const entry = entries.get(recording) ?? newEntry(recording);
    if (!entries.has(recording)) list.prepend(entry.item);
    entries.set(recording, entry);
    entry.update();
  }
}

/** @param {Recording} recording */
function newEntry(recording) {
  const mark = element('span', { class: 'key', 'aria-hidden': 'true' });
  const hint = element('span', { class: 'hint' });
  const button = element('button', { type: 'button' }, mark, element('span', { class: 'file' }, recording.name), hint);
  const item = element('li', {}, button);
  button.addEventListener('click', () => {
    picked = true;
    show(recording);
  });
  const update = () => {
    const { state, result: verdict } = recording;
    mark.textContent = verdict ? letter(verdict.emotion) : state === 'failed' ? '!' : '…';
    if (verdict) mark.dataset.emotion = verdict.emotion;
    hint.textContent = summary(recording);
    item.dataset.state = state;
    if (recording === shown) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  };
  return { item, update };
}

/** @param {Recording} recording */
function summary({ state, result: verdict, error, seconds, duration }) {
  if (verdict) return `${verdict.emotion}, ${percent(verdict.confidence)}`;
  if (error) return error.code === 'aborted' ? 'stopped' : 'no result';
  if (state === 'live') return 'recording';
  if (state === 'waiting') return 'waiting';
  return duration ? percent(Math.min(1, seconds / duration)) : clock(seconds);
}

/** @param {Recording} recording */
function downloadButton(recording) {
  const button = element('button', { type: 'button', id: 'download' }, 'Save as JSON');
  button.addEventListener('click', () => {
    const json = JSON.stringify({ file: recording.name, ...recording.result }, null, 2);
    const href = URL.createObjectURL(new Blob([json], { type: 'application/json' }));
    element('a', { href, download: `${recording.name.replace(/\.[^.]*$/, '')}.emovox.json` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  });
  return button;
}

/** @type {Live | null} */
let microphone = null;
let paused = false;

async function startRecording() {
  record.disabled = true;
  picked = false;
  const time = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const recording = newRecording(`Recording at ${time}`, 'live');
  await settleRecording(recording);
  microphone = null;
  record.disabled = false;
  record.hidden = false;
  live.hidden = true;
  record.focus();
}

/** @param {Recording} recording */
async function settleRecording(recording) {
  try {
    // Not awaited before it is asked for, so that the click still counts; when it is late, a second click will do.
    const emovox = await engine;
    microphone = await emovox.listen({ onSegment, onLevel, signal: recording.abort.signal });
  } catch (error) {
    recordings.push(recording);
    await settle(recording, () => Promise.reject(error));
    return;
  }
  recordings.push(recording);
  setPaused(false);
  byId('recording-time', HTMLElement).textContent = clock(0);
  byId('recording-emotion', HTMLElement).textContent = '';
  record.hidden = true;
  live.hidden = false;
  stop.focus();
  say('Recording. Speak now.');
  show(recording);
  const { finished } = microphone;
  let frames = 0;
  let said = '';

  await settle(recording, () => finished);

  /** @param {number} loudness */
  function onLevel(loudness) {
    // Speech has a root mean square of about -40 to -10 dB of full scale.
    const decibels = 20 * Math.log10(Math.max(loudness, 1e-6));
    level.style.transform = `scaleX(${Math.min(1, Math.max(0, (decibels + 60) / 60)).toFixed(3)})`;
    frames += 2048;
    byId('recording-time', HTMLElement).textContent = clock(frames / (microphone?.sampleRate ?? 48000));
  }

  /** @param {import('emovox').Segment} segment */
  function onSegment(segment) {
    recording.segments.push(segment);
    byId('recording-emotion', HTMLElement).textContent = segment.label;
    // Announced when it changes, not every second.
    if (segment.label !== said) say(`Recording. At the moment: ${segment.label}.`);
    said = segment.label;
    update(recording);
  }
}

/** @param {boolean} value */
function setPaused(value) {
  paused = value;
  pause.textContent = paused ? 'Go on' : 'Pause';
  live.classList.toggle('paused', paused);
  if (paused) level.style.transform = 'scaleX(0)';
}

file.addEventListener('change', () => {
  add(file.files ?? []);
  file.value = ''; // so that the same file can be chosen again
});
for (const type of ['dragenter', 'dragover']) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
}
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) drop.classList.remove('over');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  add(event.dataTransfer?.files ?? []);
});
record.addEventListener('click', startRecording);
stop.addEventListener('click', () => microphone?.stop());
pause.addEventListener('click', () => {
  setPaused(!paused);
  if (paused) microphone?.pause();
  else microphone?.resume();
  say(paused ? 'Paused.' : 'Recording.');
});
retry.addEventListener('click', load);
load();
