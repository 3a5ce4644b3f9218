// SPDX-License-Identifier: MIT
//
// A recording over time: wavesurfer's waveform with playback and zoom, behind it the moments the model attended to,
// beneath it the strip of emotions and, on demand, a spectrogram. The segments are a slider for the keyboard.

import WaveSurfer from 'wavesurfer.js';
import { element } from './dom.js';
import { attentionOf, drawAttention, drawSpectrogram, drawStrip, prepare, themeOf } from './figures.js';
import { clock, emotionName, percent, stretch, t } from './i18n.js';
import { peaksPerSecond } from './recordings.js';
import sheetText from './wave.css?inline';

/** @import { Segment } from 'emovox' */
/** @import { Recording } from './recordings.js' */

/** Height of the waveform: the content security policy knows wavesurfer's style sheet with this number in it. */
const waveHeight = 96;
const stripHeight = 36;
const spectrogramHeight = 120;

/** A waveform that grows is drawn from no more peaks than this, as it is drawn again and again. */
const mostPeaks = 4000;

/** Milliseconds between two drawings of a waveform that grows. */
const redrawMilliseconds = { live: 250, working: 1000 };

/** Seconds that a live recording's waveform has room for at first. */
const liveSeconds = 10;

/** Longest stretch of a spectrogram, in seconds. */
const mostSpectrogramSeconds = 120;

const sheet = new CSSStyleSheet();
sheet.replaceSync(sheetText);

export class Wave {
  #recording;
  #actions;
  /** @type {WaveSurfer} */ #surfer;
  /** @type {Blob | null} */ #audio = null;
  #media = new Audio();
  #address = '';
  #container = element('div', { class: 'wave-surface' });
  #attention = element('canvas', { 'aria-hidden': 'true' });
  #strip = element('canvas');
  #slider = element('div', { class: 'strip', role: 'slider', tabindex: 0 }, this.#strip);
  #spectrogram = element('canvas', { hidden: true });
  #spectrogramBox = element('div', { class: 'spectrogram', role: 'img', hidden: true }, this.#spectrogram);
  #play = element('button', { type: 'button', id: 'play' });
  #time = element('span', { class: 'time' });
  #note = element('p', { class: 'hint', role: 'note' });
  #theme = themeOf(document.documentElement);
  #zoom = 0; // pixels per second; 0: all of it
  #drawnAt = -Infinity;
  #timer = 0;
  #frame = 0;
  /** Number of the segment that is chosen, or that the pointer is on. @type {number | null} */ #chosen = null;
  /** @type {number | null} */ #hovered = null;
  /** Where playing stops: wavesurfer forgets its own such mark with every load. @type {number | null} */ #until = null;
  /** @type {AbortController | null} */ #spectrogramAbort = null;
  #observer;
  /** Removed by close(). @type {(() => void)[]} */ #cleanups = [];

  /**
   * @param {Recording} recording
   * @param {{onSegment: (index: number | null) => void,
   *   logMel: (audio: Blob, options: {start: number, end: number, signal: AbortSignal}) => Promise<{bands: number, frames: number, values: Float32Array}>}} actions
   *   onSegment: which segment is meant, by the pointer or because it is chosen
   */
  constructor(recording, actions) {
    this.#recording = recording;
    this.#actions = actions;
    const button = (/** @type {string} */ text, /** @type {() => void} */ act, attributes = {}) => {
      const node = element('button', { type: 'button', ...attributes }, text);
      node.addEventListener('click', act);
      return node;
    };
    this.#play.addEventListener('click', () => {
      this.#until = null;
      this.#surfer.playPause();
    });
    const spectrogram = button(t('wave.spectrogram'), () => this.#toggleSpectrogram(spectrogram), {
      id: 'spectrogram',
      'aria-pressed': 'false',
    });
    this.node = element(
      'div',
      { class: 'wave' },
      this.#container,
      element(
        'div',
        { class: 'controls' },
        this.#play,
        this.#time,
        element('span', { class: 'space' }),
        button('−', () => this.#setZoom(this.#pixelsPerSecond() / 2), { 'aria-label': t('wave.zoomOut') }),
        button('+', () => this.#setZoom(this.#pixelsPerSecond() * 2), {
          'aria-label': t('wave.zoomIn'),
          id: 'zoom-in',
        }),
        button(t('wave.fit'), () => this.#setZoom(0)),
        spectrogram,
      ),
      this.#note,
    );
    this.#slider.setAttribute('aria-label', t('wave.segments'));
    this.#slider.addEventListener('keydown', (event) => this.#onKey(event));
    this.#spectrogramBox.setAttribute('aria-label', t('wave.spectrogramLabel'));
    this.#surfer = this.#create();
    this.#observer = new ResizeObserver(() => this.#drawOver());
    this.#observer.observe(this.#container);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const onTheme = () => this.#applyTheme();
    dark.addEventListener('change', onTheme);
    this.#cleanups.push(() => dark.removeEventListener('change', onTheme));
  }

  #create() {
    const { audio } = this.#recording;
    this.#audio = audio;
    this.#address = audio?.size ? URL.createObjectURL(audio) : '';
    this.#media = new Audio();
    this.#media.preload = 'auto';
    if (this.#address) this.#media.src = this.#address;
    const theme = this.#theme;
    const { peaks, duration } = this.#shape();
    const surfer = WaveSurfer.create({
      container: this.#container,
      height: waveHeight,
      media: this.#media,
      peaks: [peaks],
      duration,
      normalize: true,
      waveColor: theme.quiet,
      progressColor: theme.accent,
      cursorColor: theme.text,
      cursorWidth: 2,
      minPxPerSec: this.#zoom,
    });
    const wrapper = surfer.getWrapper();
    const root = /** @type {ShadowRoot} */ (wrapper.getRootNode());
    root.adoptedStyleSheets = [sheet];
    wrapper.prepend(element('div', { class: 'behind' }, this.#attention));
    wrapper.append(this.#slider, this.#spectrogramBox);
    wrapper.addEventListener('pointermove', (event) => this.#onPointer(event));
    wrapper.addEventListener('pointerleave', () => this.#hover(null));
    this.#slider.addEventListener('click', (event) => {
      event.stopPropagation();
      const index = this.#indexAt(event);
      if (index !== null) this.choose(index, { play: true });
    });
    surfer.on('interaction', (time) => {
      this.#until = null;
      this.#choose(this.#indexOf(time));
    });
    surfer.on('timeupdate', (time) => {
      const until = this.#until;
      if (until === null || time < until) return;
      this.#until = null;
      surfer.pause();
      surfer.setTime(until);
    });
    for (const event of /** @type {const} */ (['scroll', 'zoom', 'redraw'])) surfer.on(event, () => this.#drawOver());
    for (const event of /** @type {const} */ (['play', 'pause', 'finish', 'timeupdate', 'seeking'])) {
      surfer.on(event, () => this.#showTime());
    }
    surfer.on('error', () => this.#showPlayable(false));
    this.#showPlayable(this.#address !== '');
    this.#showTime();
    return surfer;
  }

  #destroy() {
    this.#spectrogramAbort?.abort();
    this.#surfer.destroy();
    this.#media.removeAttribute('src');
    if (this.#address) URL.revokeObjectURL(this.#address);
  }

  /** Stops playing and gives everything back. */
  close() {
    this.#stopTimer();
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    for (const cleanup of this.#cleanups) cleanup();
    this.#destroy();
  }

  /** Draws what has come. A recording that has been kept since, can be played. */
  update() {
    if (this.#audio !== this.#recording.audio) {
      this.#destroy();
      this.#surfer = this.#create();
    }
    const { state } = this.#recording;
    const growing = state === 'live' || state === 'working';
    const wait = growing ? this.#drawnAt + redrawMilliseconds[state] - performance.now() : 0;
    if (!growing) this.#stopTimer(); // what is complete is shown at once
    // In a task of its own, so that none takes long.
    this.#timer ||= window.setTimeout(() => this.#draw(), Math.max(0, wait));
  }

  #stopTimer() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  #draw() {
    this.#stopTimer();
    this.#drawnAt = performance.now();
    this.#load();
    this.#showTime();
  }

  /** Gives wavesurfer the peaks of now; it draws them when it is ready. */
  #load() {
    const { peaks, duration } = this.#shape();
    // An older load ends with an error when a newer one comes first.
    this.#surfer.load(this.#address, [peaks], duration).then(
      () => this.#drawOver(),
      () => {},
    );
  }

  /** @returns {{peaks: Float32Array, duration: number}} as wavesurfer wants it: peaks for all of the duration */
  #shape() {
    const { peaks, state } = this.#recording;
    const duration = this.#duration();
    const count = Math.max(1, Math.round(duration * peaksPerSecond));
    const growing = state === 'live' || state === 'working';
    const size = growing ? Math.ceil(count / mostPeaks) : 1;
    const reduced = new Float32Array(Math.ceil(count / size));
    const known = peaks.view();
    for (let i = 0; i < known.length && i < count; i++) {
      const at = Math.floor(i / size);
      if (known[i] > reduced[at]) reduced[at] = known[i];
    }
    return { peaks: reduced, duration };
  }

  /** Seconds from the left to the right end. */
  #duration() {
    const { result, duration, seconds, state } = this.#recording;
    return result?.duration || Math.max(duration ?? 0, seconds, state === 'live' ? liveSeconds : 0.01);
  }

  #pixelsPerSecond() {
    return this.#zoom || this.#surfer.getWidth() / this.#duration();
  }

  /** @param {number} zoom pixels per second */
  #setZoom(zoom) {
    const fit = this.#surfer.getWidth() / this.#duration();
    this.#zoom = zoom <= fit ? 0 : Math.min(zoom, 400);
    this.#surfer.once('redrawcomplete', () => this.#showChosen());
    this.#surfer.setOptions({ minPxPerSec: this.#zoom });
    this.#drawOver();
  }

  #applyTheme() {
    const theme = themeOf(document.documentElement);
    this.#theme = theme;
    this.#surfer.setOptions({ waveColor: theme.quiet, progressColor: theme.accent, cursorColor: theme.text });
    this.#drawOver();
  }

  /** @returns {{from: number, to: number}} seconds in sight */
  #view() {
    const total = this.#surfer.getWrapper().clientWidth || 1;
    const from = (this.#surfer.getScroll() / total) * this.#duration();
    return { from, to: from + (this.#surfer.getWidth() / total) * this.#duration() };
  }

  /** Shades, strip and spectrogram of what is in sight, with the next frame. */
  #drawOver() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawNow();
    });
  }

  #drawNow() {
    const width = this.#surfer.getWidth();
    if (width === 0) return;
    const { segments, model } = this.#recording;
    const theme = this.#theme;
    const view = this.#view();
    const step = model.salienceSeconds;
    const behind = prepare(this.#attention, width, waveHeight);
    if (step) {
      const box = { x: 0, y: 0, width, height: waveHeight };
      drawAttention(behind, box, this.#attentionCurve(step), step, view, theme);
    }
    const ctx = prepare(this.#strip, width, stripHeight);
    drawStrip(ctx, { x: 0, y: 2, width, height: stripHeight - 4 }, segments, view, theme);
    const meant = segments[this.#hovered ?? this.#chosen ?? -1];
    if (meant) {
      const x = (/** @type {number} */ seconds) => ((seconds - view.from) / (view.to - view.from)) * width;
      ctx.strokeStyle = theme.text;
      ctx.lineWidth = 2;
      ctx.strokeRect(x(meant.start) + 1, 1, Math.max(4, x(meant.end) - x(meant.start) - 2), stripHeight - 2);
      behind.strokeStyle = theme.accent;
      behind.setLineDash([4, 3]);
      behind.strokeRect(x(meant.start), 0.5, Math.max(4, x(meant.end) - x(meant.start)), waveHeight - 1);
      behind.setLineDash([]);
    }
    this.#describe();
    this.#updateSpectrogram();
  }

  /** Kept until segments come. @type {{count: number, curve: Float32Array}} */
  #curve = { count: 0, curve: new Float32Array(0) };

  /** @param {number} step */
  #attentionCurve(step) {
    const { segments } = this.#recording;
    if (this.#curve.count !== segments.length) {
      this.#curve = { count: segments.length, curve: attentionOf(segments, step) };
    }
    return this.#curve.curve;
  }

  /** @param {boolean} playable */
  #showPlayable(playable) {
    this.#play.disabled = !playable;
    const { state } = this.#recording;
    this.#note.textContent = playable
      ? t('wave.legend')
      : this.#audio
        ? t('wave.unplayable')
        : state === 'done'
          ? t('wave.noAudio')
          : t('wave.legend');
  }

  #showTime() {
    const playing = this.#surfer?.isPlaying() ?? false;
    this.#play.textContent = t(playing ? 'wave.pause' : 'wave.play');
    this.#time.textContent = `${clock(this.#surfer?.getCurrentTime() ?? 0)} / ${clock(this.#duration())}`;
  }

  // ---- segments ----

  /** @param {number} seconds @returns {number | null} the segment that is shown at this time */
  #indexOf(seconds) {
    const { segments } = this.#recording;
    let index = segments.findLastIndex(({ start }) => start <= seconds);
    if (index < 0 && segments.length > 0) index = 0;
    return index < 0 || seconds > segments[segments.length - 1].end ? null : index;
  }

  /** @param {MouseEvent} event */
  #indexAt(event) {
    const box = this.#surfer.getWrapper().getBoundingClientRect();
    return this.#indexOf(((event.clientX - box.left) / box.width) * this.#duration());
  }

  /** @param {PointerEvent} event */
  #onPointer(event) {
    if (event.pointerType !== 'touch') this.#hover(this.#indexAt(event));
  }

  /** @param {number | null} index */
  #hover(index) {
    if (index === this.#hovered) return;
    this.#hovered = index;
    this.#actions.onSegment(index ?? this.#chosen);
    this.#drawOver();
  }

  /** @param {number | null} index */
  #choose(index) {
    this.#chosen = index;
    this.#actions.onSegment(index);
    this.#drawOver();
  }

  /**
   * @param {number} index of a segment
   * @param {{play?: boolean}} [options]
   */
  choose(index, { play = false } = {}) {
    this.#hovered = null;
    this.#choose(index);
    this.#showChosen();
    const { start, end } = this.#recording.segments[index];
    if (this.#play.disabled) return;
    if (!play && this.#surfer.isPlaying()) return;
    const media = this.#media;
    const go = () => {
      this.#surfer.setTime(start);
      if (!play) return;
      this.#until = end;
      this.#surfer.play();
    };
    // Before it can play, wavesurfer would begin at the beginning.
    if (media.readyState >= media.HAVE_FUTURE_DATA) go();
    else media.addEventListener('canplay', () => this.#chosen === index && go(), { once: true });
  }

  /** Scrolls to the chosen segment if it is out of sight. */
  #showChosen() {
    const segment = this.#recording.segments[this.#chosen ?? -1];
    const view = this.#view();
    if (segment && (segment.start < view.from || segment.end > view.to)) {
      this.#surfer.setScrollTime(Math.max(0, segment.start - (view.to - view.from) / 4));
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const last = this.#recording.segments.length - 1;
    if (last < 0) return;
    const at = this.#chosen ?? -1;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      ArrowLeft: Math.max(at, 1) - 1,
      ArrowDown: Math.max(at, 1) - 1,
      PageDown: at + 10,
      PageUp: at - 10,
      Home: 0,
      End: last,
    };
    if (event.key in targets) this.choose(Math.min(last, Math.max(0, targets[event.key])));
    else if (event.key === 'Enter' || event.key === ' ') this.choose(Math.max(0, at), { play: true });
    else return;
    event.preventDefault();
  }

  /** Says what the slider stands on. */
  #describe() {
    const { segments } = this.#recording;
    const index = this.#chosen ?? 0;
    this.#slider.setAttribute('aria-valuemin', '1');
    this.#slider.setAttribute('aria-valuemax', String(Math.max(1, segments.length)));
    this.#slider.setAttribute('aria-valuenow', String(index + 1));
    this.#slider.setAttribute('aria-valuetext', segments[index] ? describe(segments[index]) : t('record.listening'));
  }

  // ---- spectrogram ----

  /** @param {HTMLButtonElement} button */
  #toggleSpectrogram(button) {
    const shown = this.#spectrogramBox.hidden;
    this.#spectrogramBox.hidden = !shown;
    button.setAttribute('aria-pressed', String(shown));
    this.#spectrogramView = '';
    this.#drawOver();
  }

  /** What the spectrogram shows at the moment. */
  #spectrogramView = '';

  async #updateSpectrogram() {
    if (this.#spectrogramBox.hidden) return;
    const { from, to } = this.#view();
    const audio = this.#audio;
    const wanted = `${from} ${to} ${this.#theme.card}`;
    if (wanted === this.#spectrogramView) return;
    this.#spectrogramView = wanted;
    this.#spectrogramAbort?.abort();
    this.#spectrogram.hidden = true;
    if (!audio) return this.#noteSpectrogram(t('wave.noAudio'));
    if (to - from > mostSpectrogramSeconds) return this.#noteSpectrogram(t('wave.zoomFirst'));
    const abort = new AbortController();
    this.#spectrogramAbort = abort;
    try {
      await new Promise((resolve) => setTimeout(resolve, 150)); // until the scrolling rests
      if (abort.signal.aborted) return;
      const logMel = await this.#actions.logMel(audio, { start: from, end: to, signal: abort.signal });
      if (abort.signal.aborted) return;
      drawSpectrogram(this.#spectrogram, logMel, this.#theme);
      this.#spectrogram.style.width = `${this.#surfer.getWidth()}px`;
      this.#spectrogram.style.height = `${spectrogramHeight}px`;
      this.#spectrogram.hidden = false;
      this.#noteSpectrogram('');
    } catch (error) {
      if (!abort.signal.aborted) this.#noteSpectrogram(/** @type {Error} */ (error).message);
    }
  }

  /** @param {string} text */
  #noteSpectrogram(text) {
    this.#spectrogramBox.dataset.note = text;
  }
}

/**
 * @param {Segment} segment
 * @returns {string} one line
 */
export function describe(segment) {
  return t('wave.value', {
    time: stretch(segment),
    emotion: emotionName(segment.label),
    probability: percent(segment.probability),
  });
}
