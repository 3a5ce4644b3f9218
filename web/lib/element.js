// SPDX-License-Identifier: MIT
//
// <emovox-recorder>: records or takes a file, and shows the emotion in the voice. Importing this module registers it.

import { alike, strings } from './element-strings.js';
import { css } from './element-style.js';
import { Emovox, EmovoxError } from './emovox.js';
import { labelsFrom, priorFrom } from './judging.js';

/** @import { EmovoxRecorderProgress } from './element-events.js' */
/** @import { Prior, Recording, Result, Segment, Source } from './emovox.js' */
/** @import { Strings } from './element-strings.js' */

/** @typedef {import('./element-events.js').EmovoxRecorderEventMap} EmovoxRecorderEventMap */

/** Where nothing can be shown, as on a server, the class is there, but nothing else. */
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? Object);

/** More segments than this are shown together with their neighbours. */
const mostBlocks = 120;

/** Frames between two reports of the loudness. */
const levelFrames = 2048;

/** After these the worker may be gone: the next use starts another. @type {string[]} */
const fatal = ['internal', 'closed', 'memory', 'worker-load'];

/** Shared by all elements. @type {CSSStyleSheet} */
let sheet;

/**
 * @typedef {'idle' | 'loading' | 'recording' | 'paused' | 'analyzing' | 'done' | 'failed'} State
 */

/**
 * Records the microphone or takes a file, and shows the emotion in the voice.
 *
 * It asks for nothing before it is used; when it is removed from the document, it ends the recording and gives all
 * memory back. It speaks English, German or Polish: what `lang` says, its own or that of what is around it.
 *
 * @example
 * import 'emovox/element';
 *
 * document.body.innerHTML = '<emovox-recorder model="small" lang="en"></emovox-recorder>';
 * document.querySelector('emovox-recorder').addEventListener('emovox-result', ({ detail }) => {
 *   console.log(detail.emotion, detail.agreement); // 'happy', 0.75: the share of the votes
 * });
 */
export class EmovoxRecorder extends Base {
  static observedAttributes = ['model', 'base-url', 'disabled', 'preload', 'lang'];

  /** The last verdict; null while there is none. @type {Result | null} */
  #result = null;
  /** @type {State} */ #state = 'idle';
  /** What went wrong last. @type {EmovoxError | null} */ #error = null;
  /** What the live region says last. @type {'' | 'recording' | 'paused' | 'stopped' | 'outcome'} */ #said = '';
  /** @type {Segment[]} */ #segments = [];
  /** How many of them are shown. */ #drawn = 0;
  /** Of the work shown, or of the recording so far. */ #seconds = 0;
  /** Of the file, if known. @type {number | null} */ #duration = null;

  /** What is under way: to end it. @type {AbortController | null} */ #abort = null;
  /** The same: its outcome, once that is shown. @type {Promise<Result | null>} */ #task = Promise.resolve(null);
  /** @type {Recording | null} */ #recording = null;
  /** @type {Promise<Emovox> | null} */ #loading = null;
  /** The same, once it is there. @type {Emovox | null} */ #emovox = null;
  /** Ends the loading. */ #life = new AbortController();

  #nodes;
  /** What began the work, if it had the focus. @type {HTMLElement | null} */ #origin = null;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
    }
    root.adoptedStyleSheets = [sheet];
    /** @param {string} name  @param {() => unknown} action */
    const button = (name, action) => {
      const node = h('button', `button ${name}`);
      node.type = 'button';
      node.onclick = action;
      return node;
    };
    /** What fails is shown, and told by an event. @param {Promise<unknown>} promise */
    const shown = (promise) => promise.catch(() => {});
    const nodes = {
      record: button('record', () => shown(this.record())),
      pause: button('pause', () => this.#pause()),
      stop: button('stop', () => shown(this.stop())),
      cancel: button('cancel', () => this.cancel()),
      input: h('input', 'input'),
      choose: h('span', 'button choose'),
      drop: h('span', 'hint drop'),
      level: h('div', 'level'),
      fill: h('div', 'level-fill'),
      progress: h('progress', 'progress'),
      activity: h('span', 'activity'),
      time: h('span', 'time'),
      status: h('p', 'status'),
      verdict: h('div', 'result'),
      segments: h('div', 'segments'),
      note: h('p', 'hint note'),
    };
    this.#nodes = {
      ...nodes,
      file: h('label', 'file', nodes.input, nodes.choose, nodes.drop),
      live: h('div', 'live', nodes.activity, nodes.level, nodes.progress, nodes.time),
      card: h('div', 'card'),
    };
    const { card, file, live, input, level, status } = this.#nodes;
    card.role = 'group';
    level.role = 'meter';
    level.ariaValueMin = '0';
    level.ariaValueMax = '100';
    level.append(nodes.fill);
    status.role = 'status';
    input.type = 'file';
    input.accept = 'audio/*,video/mp4,video/webm,.wav,.mp3,.m4a,.ogg,.opus,.flac,.webm';
    input.className = 'unseen';
    const take = (/** @type {FileList | undefined | null} */ files) => {
      if (files?.length) shown(this.analyze(files[0]));
    };
    input.onchange = () => {
      take(input.files);
      input.value = ''; // so that the same file can be chosen again
    };
    card.ondragover = (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault(); // or the browser would open the file instead of this page
      card.classList.toggle('over', this.#idle && !this.disabled);
    };
    card.ondragleave = (event) => {
      if (!card.contains(/** @type {Node | null} */ (event.relatedTarget))) card.classList.remove('over');
    };
    card.ondrop = (event) => {
      event.preventDefault();
      if (card.classList.contains('over')) take(event.dataTransfer?.files);
      card.classList.remove('over');
    };
    const controls = h('div', 'controls', nodes.record, nodes.pause, nodes.stop, nodes.cancel, file);
    card.append(controls, live, status, nodes.verdict, nodes.segments, nodes.note);
    root.append(card);
  }

  /** 'small', 'large', or the URL of a model, relative to the document; setting it loads anew. */
  get model() {
    return this.getAttribute('model') ?? 'small';
  }
  set model(value) {
    this.setAttribute('model', value);
  }

  /** Where the .wasm files and models/ are served, if not beside the library; setting it loads anew. */
  get baseUrl() {
    return this.getAttribute('base-url') ?? '';
  }
  set baseUrl(value) {
    this.setAttribute('base-url', value);
  }

  /**
   * How common each emotion is where the voices come from, from the next recording on: `everyday`, `even`, or weights, in
   * the attribute as `neutral=2,sad=0.5`, 1 for those left out.
   * @returns {Prior}
   */
  get prior() {
    return priorFrom(this.getAttribute('prior') ?? 'everyday');
  }
  set prior(value) {
    const weights = (/** @type {Record<string, number>} */ all) =>
      Object.entries(all).map(([label, weight]) => `${label}=${weight}`);
    this.setAttribute('prior', typeof value === 'string' ? value : weights(value).join());
  }

  /**
   * The emotions that may be the answer, two or more, from the next recording on; none stand for all. In the attribute
   * they are separated by commas.
   * @returns {string[]}
   */
  get labels() {
    const text = this.getAttribute('labels');
    return text === null ? [] : labelsFrom(text);
  }
  set labels(value) {
    if (value.length > 0) this.setAttribute('labels', value.join());
    else this.removeAttribute('labels');
  }

  /** Whether the controls do nothing; methods go on working. */
  get disabled() {
    return this.hasAttribute('disabled');
  }
  set disabled(value) {
    this.toggleAttribute('disabled', value);
  }

  /** Whether to load at once what is needed, instead of on first use. */
  get preload() {
    return this.hasAttribute('preload');
  }
  set preload(value) {
    this.toggleAttribute('preload', value);
  }

  /** The last verdict; null while there is none. */
  get result() {
    return this.#result;
  }

  /** @internal */
  connectedCallback() {
    // What was set before the element was defined hides the accessors.
    for (const name of /** @type {const} */ (['model', 'baseUrl', 'prior', 'labels', 'disabled', 'preload'])) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete (/** @type {Partial<EmovoxRecorder>} */ (this)[name]);
      Object.assign(this, { [name]: value });
    }
    this.#render();
    this.#preload();
  }

  /** @internal */
  disconnectedCallback() {
    // It may only be on its way to another place.
    setTimeout(() => {
      if (!this.isConnected) this.#close();
    });
  }

  /**
   * @internal
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} value
   */
  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name === 'model' || name === 'base-url') {
      const again = this.#loading !== null;
      this.#close();
      if (again) queueMicrotask(() => this.isConnected && this.#load().catch(() => {})); // after both have changed
    }
    if (!this.isConnected) return; // rendered then
    if (name === 'preload') this.#preload();
    this.#render();
  }

  /**
   * Analyses one recording, and shows and returns the verdict. What is under way is cancelled.
   *
   * @param {Source} source a File, Blob, ArrayBuffer, AudioBuffer, URL, or mono samples
   * @param {{sampleRate?: number}} [options] Hz; needed for a Float32Array
   * @returns {Promise<Result>} rejects with an EmovoxError, which is also shown
   */
  analyze(source, { sampleRate } = {}) {
    return this.#run((emovox, signal, onSegment) => {
      this.#enter('analyzing');
      return emovox.analyze(source, {
        ...this.#judging,
        sampleRate,
        signal,
        onSegment,
        onProgress: ({ seconds, duration }) => {
          if (signal.aborted) return;
          this.#seconds = seconds;
          this.#duration = duration;
          this.#progress('analyze', duration ? Math.min(1, seconds / duration) : null);
        },
      });
    });
  }

  /**
   * Records from the microphone until stop(). Call it from a click or key handler. What is under way is cancelled.
   *
   * @returns {Promise<void>} once it records
   */
  async record() {
    await new Promise((resolve, reject) => {
      const run = this.#run(async (emovox, signal, onSegment) => {
        const onLevel = (/** @type {number} */ level) => this.#level(level);
        const recording = await emovox.listen({ ...this.#judging, signal, onSegment, onLevel });
        if (signal.aborted) return recording.finished;
        this.#recording = recording;
        this.#enter('recording', 'recording');
        resolve(undefined);
        return recording.finished;
      });
      run.then(resolve, reject);
    });
  }

  /**
   * Ends the recording.
   *
   * @returns {Promise<Result | null>} the verdict; null if nothing was being recorded
   */
  async stop() {
    if (!this.#recording) return null;
    this.#recording.stop();
    this.#recording = null;
    this.#seconds = 0;
    this.#enter('analyzing', 'stopped');
    return this.#task;
  }

  /** Ends what is under way without a verdict. */
  cancel() {
    this.#abort?.abort();
    // Neither a download nor an open question about the microphone ends by that.
    if (this.#state === 'loading') this.#unload();
  }

  get #judging() {
    const { prior, labels } = this;
    return { prior, labels: this.hasAttribute('labels') ? labels : undefined };
  }

  get #idle() {
    return this.#abort === null;
  }

  /** @returns {Strings} */
  get #strings() {
    return strings[this.#language];
  }

  /** @returns {string} */
  get #language() {
    const lang = /** @type {HTMLElement | null} */ (this.closest('[lang]'))?.lang ?? '';
    const [language] = lang.toLowerCase().split('-');
    return Object.hasOwn(strings, language) ? language : 'en';
  }

  /**
   * Does one thing at a time, shows how it goes and tells how it ended.
   *
   * @param {(emovox: Emovox, signal: AbortSignal, onSegment: (segment: Segment) => void) => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  #run(work) {
    const task = this.#perform(work);
    this.#task = task;
    return task;
  }

  /**
   * @param {(emovox: Emovox, signal: AbortSignal, onSegment: (segment: Segment) => void) => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  async #perform(work) {
    this.cancel();
    const abort = new AbortController();
    const { signal } = abort;
    const before = this.#abort && this.#task;
    this.#abort = abort;
    this.#result = null;
    this.#error = null;
    this.#segments = [];
    this.#seconds = 0;
    this.#duration = null;
    this.#enter('loading', '');
    /** @type {Promise<never>} */
    const aborted = new Promise((_, reject) => {
      signal.onabort = () => reject(new EmovoxError('aborted'));
    });
    /** @param {Segment} segment */
    const onSegment = (segment) => {
      if (signal.aborted) return;
      if (this.#segments.push(segment) === this.#drawn + 1) requestAnimationFrame(() => this.#renderSegments());
      this.#emit('emovox-segment', segment);
    };
    // Nothing is awaited that is there already: a recording must start within the click (iOS).
    const promise = (async () => {
      await before?.catch(() => {});
      if (this.#emovox?.ended) this.#unload();
      const emovox = this.#emovox ?? (await this.#load());
      signal.throwIfAborted();
      this.#render();
      return work(emovox, signal, onSegment);
    })();
    try {
      const result = await Promise.race([promise, aborted]);
      this.#finish(abort, 'done', { result });
      return result;
    } catch (thrown) {
      const error = EmovoxError.from(thrown);
      if (fatal.includes(error.code)) this.#unload();
      this.#finish(abort, error.code === 'aborted' ? 'idle' : 'failed', { error });
      throw error;
    } finally {
      if (!this.isConnected && this.#idle) this.#unload(); // nobody will take it out of the document
    }
  }

  /**
   * @param {AbortController} abort of what has ended; if something else was started since then, this is not shown
   * @param {'idle' | 'done' | 'failed'} state
   * @param {{result?: Result, error?: EmovoxError}} outcome
   */
  #finish(abort, state, { result, error }) {
    if (this.#abort !== abort) return;
    this.#abort = null;
    this.#recording = null;
    if (state === 'idle') return this.#enter(state, 'stopped');
    this.#result = result ?? null;
    this.#error = error ?? null;
    if (result) this.#segments = result.segments;
    this.#enter(state, 'outcome');
    if (result) this.#emit('emovox-result', result);
    else this.#emit('emovox-error', error);
  }

  #pause() {
    const paused = this.#state === 'recording';
    if (paused) this.#recording?.pause();
    else this.#recording?.resume();
    this.#enter(paused ? 'paused' : 'recording', paused ? 'paused' : 'recording');
  }

  /** @returns {Promise<Emovox>} */
  #load() {
    if (this.#loading) return this.#loading;
    const { signal } = this.#life;
    const { model, baseUrl } = this;
    let most = 0;
    const loading = (async () => {
      const named = model === 'small' || model === 'large';
      const emovox = await Emovox.create({
        model: named ? model : url(model, this.baseURI),
        baseUrl: baseUrl ? url(baseUrl, this.baseURI) : undefined,
        signal,
        onProgress: ({ loaded, total }) => {
          // The total grows as the answers come; a bar that goes back would irritate.
          most = Math.max(most, total ? loaded / total : 0);
          if (!signal.aborted) this.#progress('load', total ? most : null);
        },
      });
      if (signal.aborted) emovox.close();
      else this.#emovox = emovox;
      signal.throwIfAborted();
      return emovox;
    })();
    this.#loading = loading;
    loading.catch(() => {
      if (this.#loading === loading) this.#loading = null; // the next use tries again
    });
    return loading;
  }

  #preload() {
    if (!this.preload) return;
    this.#load().catch((error) => {
      if (error.code === 'aborted' || !this.#idle) return;
      const abort = new AbortController();
      this.#abort = abort;
      this.#finish(abort, 'failed', { error });
    });
  }

  /** Ends what is under way, and the worker. */
  #close() {
    this.#abort?.abort();
    this.#unload();
  }

  #unload() {
    this.#life.abort(new EmovoxError('aborted'));
    this.#life = new AbortController();
    this.#emovox?.close();
    this.#emovox = null;
    this.#loading = null;
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  /**
   * @param {EmovoxRecorderProgress['stage']} stage
   * @param {number | null} fraction
   */
  #progress(stage, fraction) {
    const { progress } = this.#nodes;
    if (fraction === null) progress.removeAttribute('value');
    else progress.value = fraction;
    this.#renderTime();
    this.#emit('emovox-progress', { stage, fraction });
  }

  /** @param {number} loudness root mean square, 0..1 */
  #level(loudness) {
    if (this.#state !== 'recording') return;
    const { level, fill } = this.#nodes;
    // Speech has a root mean square of about -40 to -10 dB of full scale.
    const decibels = 20 * Math.log10(Math.max(loudness, 1e-6));
    const share = Math.min(1, Math.max(0, (decibels + 60) / 60));
    fill.style.transform = `scaleX(${share.toFixed(3)})`;
    level.ariaValueNow = (share * 100).toFixed();
    this.#seconds += levelFrames / (this.#recording?.sampleRate ?? 48000);
    this.#renderTime();
  }

  /**
   * @param {State} state
   * @param {'' | 'recording' | 'paused' | 'stopped' | 'outcome'} [said]
   */
  #enter(state, said = this.#said) {
    this.#state = state;
    this.#said = said;
    if (state !== 'analyzing') this.#nodes.progress.removeAttribute('value');
    this.#render();
  }

  #render() {
    const t = this.#strings;
    const nodes = this.#nodes;
    const state = this.#state;
    const recording = state === 'recording' || state === 'paused';
    const working = state === 'loading' || state === 'analyzing';
    const focused = /** @type {HTMLElement | null} */ (this.shadowRoot?.activeElement);

    const { record, pause, stop, cancel, input, choose, drop, card, level, fill, progress, activity, note } = nodes;
    card.lang = this.#language;
    card.ariaLabel = t.title;
    record.textContent = t.record;
    pause.textContent = state === 'paused' ? t.resume : t.pause;
    stop.textContent = t.stop;
    cancel.textContent = t.cancel;
    choose.textContent = t.choose;
    drop.textContent = t.drop;
    note.textContent = t.note;
    level.ariaLabel = t.level;
    activity.textContent = state === 'analyzing' ? t.analyzing : this.#emovox ? t.waiting : t.loading;
    progress.ariaLabel = activity.textContent;
    record.disabled = this.disabled;
    input.disabled = this.disabled;
    record.hidden = nodes.file.hidden = recording || working;
    pause.hidden = stop.hidden = level.hidden = !recording;
    cancel.hidden = progress.hidden = activity.hidden = !working;
    nodes.live.hidden = !recording && !working;
    if (state !== 'recording') {
      fill.style.transform = '';
      level.ariaValueNow = '0';
    }
    this.#renderTime();
    this.#renderSegments();
    nodes.verdict.replaceChildren(...(this.#result ? verdict(this.#result, t, card.lang) : []));
    this.#renderStatus(t);

    // The focus must not get lost with the button that had it, and returns once that is back.
    const gone = (/** @type {HTMLElement | null} */ node) => !node || node.closest('[hidden]') !== null;
    if (!focused || !gone(focused)) return;
    if (focused === record || focused === input) this.#origin = focused;
    [this.#origin, stop, cancel, record].find((node) => !gone(node))?.focus();
  }

  /** @param {Strings} t */
  #renderStatus(t) {
    const { status } = this.#nodes;
    const error = this.#error;
    const translated = error && t.errors?.[alike[error.code] ?? error.code];
    let text = '';
    if (error) text = translated ?? error.message;
    else if (this.#result) text = `${headline(this.#result, t)}. ${details(this.#result, t, this.#language)}`;
    else if (this.#said !== '' && this.#said !== 'outcome') text = t[this.#said];
    status.lang = error && !translated ? 'en' : '';
    if (!status.lang) status.removeAttribute('lang');
    status.setAttribute('part', error ? 'status error' : 'status');
    status.className = this.#result || text === '' ? 'unseen' : ''; // the verdict is there to be seen
    if (status.textContent !== text) status.textContent = text; // what is set is spoken
  }

  #renderTime() {
    const { time } = this.#nodes;
    const all = this.#duration ? ` / ${clock(this.#duration)}` : '';
    const known = this.#seconds > 0 || !this.#nodes.level.hidden;
    time.textContent = known ? clock(this.#seconds) + all : '';
  }

  #renderSegments() {
    const { segments } = this.#nodes;
    this.#drawn = this.#segments.length;
    segments.replaceChildren(...timeline(this.#segments, this.#strings, this.#language));
  }
}

/**
 * @param {string} address
 * @param {string} base
 */
function url(address, base) {
  try {
    return new URL(address, base);
  } catch {
    throw new EmovoxError('bad-input', `${JSON.stringify(address)} is not a URL.`);
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [part]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
function h(tag, part, ...children) {
  const node = document.createElement(tag);
  if (part) node.setAttribute('part', part);
  node.append(...children);
  return node;
}

/** @param {string} label as the name of a part */
const slug = (label) => label.replaceAll(' ', '-');

/**
 * @param {string} label
 * @param {Strings} t
 * @returns {[letter: string, word: string]}
 */
function named(label, { emotions }) {
  const entry = emotions[label] ?? `${label.charAt(0).toUpperCase()} ${label}`;
  return [entry.charAt(0), entry.slice(2)];
}

/**
 * @param {string} label
 * @param {Strings} t
 */
function key(label, t) {
  const node = h('span', `key ${slug(label)}`, named(label, t)[0]);
  node.ariaHidden = 'true';
  return node;
}

/**
 * @param {number} seconds
 * @returns {string} 1:02 or 1:02:03
 */
function clock(seconds) {
  const text = new Date(Math.floor(seconds) * 1000).toISOString().slice(11, 19);
  return text.replace(/^00:0?|^0/, '');
}

/**
 * @param {number} share 0..1
 * @param {string} language
 */
const percent = (share, language) => share.toLocaleString(language, { style: 'percent' });

/** @param {number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);

/**
 * @param {Result} result
 * @param {Strings} t
 */
function headline({ emotion }, t) {
  if (emotion === 'no speech') return t.noSpeech;
  return emotion === 'uncertain' ? t.uncertain : `${t.sounds} ${named(emotion, t)[1]}`;
}

/**
 * How sure it is, in words and numbers.
 * @param {Result} result
 * @param {Strings} t
 * @param {string} language
 */
function details({ emotion, agreement, votes }, t, language) {
  const all = sum(Object.values(votes));
  if (all === 0) return t.comeCloser;
  const levels = [t.mixed, t.fairlyClear, t.clear, t.veryClear];
  const level = [0.45, 0.65, 0.85].filter((least) => agreement >= least).length;
  const words = all === 1 ? t.oneVote : levels[level];
  return `${words}: ${t.agreement} ${percent(agreement, language)}, ${votes[emotion]} / ${all} ${t.ofVotes}.`;
}

/**
 * @param {Result} result
 * @param {Strings} t
 * @param {string} language
 */
function verdict(result, t, language) {
  const { emotion, votes, probabilities } = result;
  const nodes = [
    h('p', 'emotion', key(emotion, t), headline(result, t)),
    h('p', 'agreement', details(result, t, language)),
  ];
  const all = sum(Object.values(votes));
  if (all === 0) return nodes;
  const labels = Object.keys(votes).sort(
    (a, b) => votes[b] - votes[a] || (probabilities[b] ?? 0) - (probabilities[a] ?? 0),
  );
  /** @param {string} kind  @param {string} label  @param {number} share  @param {string} text */
  const cell = (kind, label, share, text) => {
    const fill = h('span', `fill ${kind} ${slug(label)}`);
    fill.style.width = `${share * 100}%`;
    return h('td', '', h('div', '', h('span', 'number', text), h('span', 'bar', fill)));
  };
  /** @param {'col' | 'row'} scope  @param {...(Node | string)} children */
  const head = (scope, ...children) => {
    const node = h('th', '', ...children);
    node.scope = scope;
    return node;
  };
  const rows = labels.map((label) => {
    const p = probabilities[label];
    return h(
      'tr',
      'row',
      head('row', key(label, t), named(label, t)[1]),
      cell('votes', label, votes[label] / all, `${votes[label]}`),
      p === undefined
        ? h('td', '', h('div', '', h('span', 'number', '–')))
        : cell('mean', label, p, percent(p, language)),
    );
  });
  const columns = [t.sounds, t.votes, t.mean].map((text) => head('col', text));
  const caption = h('caption', '', t.distribution);
  return [
    ...nodes,
    h('table', 'distribution', caption, h('thead', '', h('tr', '', ...columns)), h('tbody', '', ...rows)),
  ];
}

/**
 * The segments in time: coloured blocks with letters to the eye, a list of sentences to the ear.
 *
 * @param {Segment[]} segments
 * @param {Strings} t
 * @param {string} language
 */
function timeline(segments, t, language) {
  const size = Math.ceil(segments.length / mostBlocks);
  /** @type {Set<string>} */
  const seen = new Set();
  const items = [];
  for (let at = 0; at < segments.length; at += size) {
    const part = segments.slice(at, at + size);
    const count = (/** @type {string} */ label) => part.filter((one) => one.label === label).length;
    const { label } = part.reduce((best, one) => (count(one.label) > count(best.label) ? one : best));
    const same = part.filter((one) => one.label === label);
    const probability = sum(same.map((one) => one.probability)) / same.length;
    const [letter, word] = named(label, t);
    const span = `${clock(part[0].start)}–${clock(Math.ceil(part[part.length - 1].end))}`;
    const text = `${span} ${word}${probability > 0 ? `, ${percent(probability, language)}` : ''}`;
    const eye = h('span', '', letter);
    eye.title = text;
    eye.ariaHidden = 'true';
    const ear = h('span', '', text);
    ear.className = 'unseen';
    items.push(h('li', `segment ${slug(label)}`, eye, ear));
    seen.add(label);
  }
  if (items.length === 0) return [];
  const list = h('ol', 'timeline', ...items);
  list.role = 'list'; // Safari takes that from lists without bullets
  list.ariaLabel = t.timeline;
  const whole = h('p', 'hint', `${t.timeline} ${clock(0)}–${clock(segments[segments.length - 1].end)}`);
  const legend = h('ul', 'hint legend', ...[...seen].map((label) => h('li', '', key(label, t), named(label, t)[1])));
  whole.ariaHidden = legend.ariaHidden = 'true';
  return [list, whole, legend];
}

// Another copy of this package may have been here before.
if (globalThis.customElements && !customElements.get('emovox-recorder')) {
  customElements.define('emovox-recorder', EmovoxRecorder);
}
