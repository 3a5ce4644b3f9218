// SPDX-License-Identifier: MIT
//
// One recording as the page shows it. The parts stay in place from the first sample to the verdict; only what is known
// changes.

import { element, scrollable } from './dom.js';
import { byVotes, drawPlane, prepare, themeOf } from './figures.js';
import { clock, emotionName, letter, megabytes, number, percent, rough, signed, stretch, t } from './i18n.js';
import { secondsLeft, tally } from './recordings.js';
import { saveAudio, savePicture, saveText } from './save.js';
import { Wave } from './wave.js';
import { allVotes, certainty, doubts, errorText, headline, inNumbers, intensityWord, shareOfVotes } from './words.js';

/** @import { Result, Segment } from 'emovox' */
/** @import { Recording } from './recordings.js' */
/** @import { Judged } from './save.js' */

/** Rows that the table grows by. */
const tableRows = 50;

/** Side of the plane of valence and arousal, in CSS pixels. */
export const planeSize = 300;

/**
 * @typedef {object} ResultActions
 * @property {(recording: Recording) => void} cancel
 * @property {(recording: Recording) => void} again
 * @property {(recording: Judged) => void} keep in the history
 * @property {(recording: Judged) => void} print
 * @property {ConstructorParameters<typeof Wave>[1]['logMel']} logMel
 */

/** @param {string} label @returns {HTMLElement} the emotion's letter on its colour */
export function key(label) {
  return element('span', { class: 'key', 'data-emotion': label, 'aria-hidden': 'true' }, letter(label));
}

/**
 * @param {string} text
 * @param {() => void} act
 * @param {Record<string, string | boolean>} [attributes]
 */
export function button(text, act, attributes = {}) {
  const node = element('button', { type: 'button', ...attributes }, text);
  node.addEventListener('click', act);
  return node;
}

export class ResultView {
  #recording;
  #actions;
  #head = element('div', { class: 'verdict-box' });
  #overTime = element('section', { class: 'over-time' });
  #columns = element('div', { class: 'columns' });
  #wave;
  #segment = element('div', { class: 'segment', id: 'segment' });
  #distribution = element('section', {});
  #plane = element('canvas', { role: 'img' });
  #table;
  #details = element('section', { class: 'details' });
  #theme = themeOf(document.documentElement);
  #state = '';
  /** @type {Result | undefined} */ #result;
  /** @type {number | null} */ #shown = null;
  #kept = false;
  #emotion = '';
  /** @type {() => void} */ #updateHead = () => {};

  /**
   * @param {Recording} recording
   * @param {ResultActions} actions
   */
  constructor(recording, actions) {
    this.#recording = recording;
    this.#actions = actions;
    this.#wave = new Wave(recording, { onSegment: (index) => this.#showSegment(index), logMel: actions.logMel });
    this.#table = new SegmentTable(recording, (index) => this.#wave.choose(index, { play: true }));
    const heading = (/** @type {import('./i18n.js').Key} */ key) => element('h3', {}, t(key));
    this.nodes = [
      element('h2', { id: 'result-title', class: 'name' }, recording.name),
      this.#head,
      this.#overTime,
      this.#columns,
      this.#table.node,
      this.#details,
    ];
    this.#overTime.append(heading('wave.heading'), this.#wave.node, this.#segment);
    this.#columns.append(
      this.#distribution,
      element(
        'section',
        { class: 'plane' },
        heading('plane.heading'),
        this.#plane,
        element('p', { class: 'hint' }, t('plane.note')),
      ),
    );
    this.#showSegment(null);
  }

  close() {
    this.#wave.close();
  }

  /** Brings everything up to date. */
  update() {
    const { state, result, segments, kept } = this.#recording;
    const changed = state !== this.#state || result !== this.#result; // it may be judged again
    this.#state = state;
    this.#result = result;
    if (changed) {
      this.#renderHead();
      // Where nothing came of it, there is nothing to draw.
      this.#overTime.hidden = this.#table.node.hidden = state === 'failed' && segments.length === 0;
      this.#columns.hidden = (state === 'done' || state === 'failed') && tally(segments).all === 0;
    }
    this.#updateHead();
    this.#wave.update();
    if (changed || state === 'live' || state === 'working') {
      this.#renderDistribution();
      this.#drawPlane();
      this.#table.update();
    }
    if (changed || kept !== this.#kept) this.#renderDetails();
    this.#kept = kept;
    if (changed) this.#showSegment(segments.length > 0 ? this.#shown : null);
  }

  #renderHead() {
    const { state, result, error } = this.#recording;
    this.#updateHead = () => {};
    this.#emotion = '';
    if (state === 'waiting') {
      this.#head.replaceChildren(element('p', {}, t('result.waiting')), this.#cancelButton());
    } else if (state === 'done' && result) {
      this.#head.replaceChildren(...judged(result, this.#recording));
    } else if (state === 'failed' && error) {
      const verdict = t(error.code === 'aborted' ? 'result.stopped' : 'result.failed');
      this.#head.replaceChildren(
        element('p', { class: 'verdict' }, verdict),
        element('p', { class: 'failure' }, errorText(error)),
        ...this.#again(),
      );
    } else {
      const verdict = element('p', { class: 'verdict' });
      const share = element('p');
      const progress = this.#progress();
      this.#head.replaceChildren(verdict, share, ...progress.nodes);
      this.#updateHead = () => {
        progress.update();
        const { emotion, all, agreement, votes } = tally(this.#recording.segments);
        if (emotion + all === this.#emotion) return;
        this.#emotion = emotion + all;
        if (all === 0) verdict.replaceChildren(t('record.listening'));
        else verdict.replaceChildren(key(emotion), `${t('result.live')}: ${emotionName(emotion)}`);
        share.textContent = all > 0 ? shareOfVotes(agreement, votes.get(emotion) ?? 0, all) : '';
      };
    }
  }

  #again() {
    const { audio } = this.#recording;
    if (!audio) return [];
    const again = button(t('result.again'), () => this.#actions.again(this.#recording), { id: 'again' });
    const sound = button(t('save.audio'), () => saveAudio(this.#recording), { 'data-save': 'audio' });
    return [element('p', { class: 'row' }, again, sound)];
  }

  #cancelButton() {
    return button(t('result.cancel'), () => this.#actions.cancel(this.#recording), { id: 'cancel' });
  }

  /** @returns {{nodes: Node[], update: () => void}} */
  #progress() {
    const recording = this.#recording;
    if (recording.state === 'live') return { nodes: [], update: () => {} };
    const bar = element('progress', { id: 'progress', max: 1, 'aria-label': t('result.analysed') });
    const text = element('span', { class: 'hint', id: 'progress-text' });
    const update = () => {
      const { seconds, duration } = recording;
      text.textContent = clock(seconds);
      if (!duration) return;
      bar.value = Math.min(1, seconds / duration);
      const values = { done: clock(seconds), all: clock(duration) };
      const left = secondsLeft(recording);
      text.textContent =
        left === null ? t('result.progress', values) : t('result.left', { ...values, wait: rough(left) });
    };
    return { nodes: [element('div', { class: 'row progress-row' }, bar, text, this.#cancelButton())], update };
  }

  /** @param {number | null} index */
  #showSegment(index) {
    this.#shown = index;
    const { segments } = this.#recording;
    const segment = segments[index ?? -1];
    if (!segment) {
      this.#segment.replaceChildren(element('p', { class: 'hint' }, t('wave.choose')));
      return;
    }
    const title = t('wave.segment', { n: Number(index) + 1, all: segments.length });
    this.#segment.replaceChildren(
      element(
        'p',
        { class: 'segment-title' },
        key(segment.label),
        `${emotionName(segment.label)} · ${stretch(segment)}`,
      ),
      element('p', { class: 'hint' }, title, ...second(segment)),
      facts([
        [t('segment.probability'), percent(segment.probability)],
        [t('segment.intensity'), percent(segment.intensity)],
        [t('segment.speech'), percent(segment.speech_ratio)],
        [t('segment.valence'), signed(segment.valence)],
        [t('segment.arousal'), signed(segment.arousal)],
      ]),
    );
  }

  #renderDistribution() {
    const { result, segments, model } = this.#recording;
    const { votes, all } = result
      ? { votes: result.votes, all: allVotes(result) }
      : countedVotes(segments, model.labels);
    const probabilities = result?.probabilities ?? meanProbabilities(segments, model.labels);
    this.#distribution.replaceChildren(
      element('h3', {}, t('distribution.heading')),
      distribution(votes, all, probabilities),
      element('p', { class: 'hint' }, t('distribution.note')),
    );
  }

  #drawPlane() {
    const { segments, result } = this.#recording;
    const ctx = prepare(this.#plane, planeSize, planeSize);
    const box = { x: 0, y: 0, width: planeSize, height: planeSize };
    const mean = result ?? meanPoint(segments);
    drawPlane(ctx, box, [{ segments, mean }], this.#theme);
    const [valence, arousal] = [signed(mean?.valence ?? 0), signed(mean?.arousal ?? 0)];
    this.#plane.setAttribute('aria-label', t('plane.label', { valence, arousal }));
  }

  /** After a change of the theme. */
  redraw() {
    this.#theme = themeOf(document.documentElement);
    this.#drawPlane();
  }

  #renderDetails() {
    const recording = this.#recording;
    const { result, state, audio } = recording;
    if (state !== 'done' || !result) {
      this.#details.replaceChildren();
      return;
    }
    const judgedRecording = /** @type {Judged} */ (recording);
    const save = (
      /** @type {string} */ format,
      /** @type {import('./i18n.js').Key} */ words,
      /** @type {() => void} */ act,
    ) => button(t(words), act, { 'data-save': format, ...(format === 'json' && { id: 'download' }) });
    const keep = button(t(recording.kept ? 'save.kept' : 'save.history'), () => this.#actions.keep(judgedRecording), {
      id: 'keep',
      disabled: recording.kept,
    });
    this.#details.replaceChildren(
      element('h3', {}, t('save.heading')),
      element(
        'div',
        { class: 'row' },
        save('json', 'save.json', () => saveText(judgedRecording, 'json')),
        save('csv', 'save.csv', () => saveText(judgedRecording, 'csv')),
        save('vtt', 'save.vtt', () => saveText(judgedRecording, 'vtt')),
        save('audacity', 'save.audacity', () => saveText(judgedRecording, 'audacity')),
        save('png', 'save.png', () => savePicture(judgedRecording)),
        save('print', 'save.print', () => this.#actions.print(judgedRecording)),
        ...(audio ? [save('audio', 'save.audio', () => saveAudio(recording))] : []),
        keep,
      ),
      element('p', { class: 'hint', id: 'technical' }, technical(recording, result)),
    );
    if (audio)
      this.#details
        .querySelector('.row')
        ?.append(button(t('result.again'), () => this.#actions.again(recording), { id: 'again' }));
  }
}

/**
 * @param {[string, string][]} pairs
 * @returns {HTMLElement}
 */
export function facts(pairs) {
  const list = element('dl', { class: 'facts' });
  for (const [name, value] of pairs) {
    list.append(element('div', {}, element('dt', {}, name), element('dd', {}, value)));
  }
  return list;
}

/** @param {Segment} segment @returns {string[]} what it might have been as well */
function second({ probabilities, label }) {
  const [best] = Object.entries(probabilities)
    .filter(([name, p]) => name !== label && p > 0)
    .sort((a, b) => b[1] - a[1]);
  return best ? [` · ${t('segment.second', { emotion: emotionName(best[0]), p: percent(best[1]) })}`] : [];
}

/**
 * @param {Result} result
 * @param {Recording} recording
 * @returns {Node[]}
 */
function judged(result, { conditions }) {
  /** @type {Node[]} */
  const nodes = [
    element('p', { class: 'verdict' }, key(result.emotion), headline(result.emotion)),
    element('p', { id: 'certainty' }, certainty(result)),
  ];
  if (allVotes(result) === 0) return nodes;
  nodes.push(
    element('p', { id: 'numbers' }, inNumbers(result)),
    element(
      'p',
      { id: 'intensity' },
      `${t('result.intensity')} `,
      element('span', { class: 'meter', 'aria-hidden': 'true' }, fill(result.intensity)),
      ` ${intensityWord(result.intensity)}, ${percent(result.intensity)}`,
    ),
  );
  const reasons = doubts(result, conditions);
  if (reasons.length > 0) {
    nodes.push(
      element(
        'details',
        { id: 'why' },
        element('summary', {}, t('result.why')),
        element('ul', {}, ...reasons.map((text) => element('li', {}, text))),
      ),
    );
  }
  return nodes;
}

/** @param {number} share */
function fill(share) {
  const node = element('span');
  node.style.inlineSize = `${share * 100}%`;
  return node;
}

/**
 * @param {Segment[]} segments
 * @param {string[]} [labels]
 * @returns {{votes: Record<string, number>, all: number}}
 */
function countedVotes(segments, labels = []) {
  const { votes, all } = tally(segments);
  return { votes: Object.fromEntries([...labels, 'uncertain'].map((label) => [label, votes.get(label) ?? 0])), all };
}

/**
 * @param {Segment[]} segments
 * @param {string[]} [labels]
 * @returns {Record<string, number>}
 */
function meanProbabilities(segments, labels = []) {
  const spoken = segments.filter(({ label }) => label !== 'no speech');
  const mean = (/** @type {string} */ label) =>
    spoken.reduce((sum, { probabilities }) => sum + probabilities[label], 0) / (spoken.length || 1);
  return Object.fromEntries(labels.map((label) => [label, mean(label)]));
}

/** @param {Segment[]} segments @returns {{valence: number, arousal: number} | null} */
function meanPoint(segments) {
  const spoken = segments.filter(({ label }) => label !== 'no speech');
  if (spoken.length === 0) return null;
  const mean = (/** @type {'valence' | 'arousal'} */ name) =>
    spoken.reduce((sum, segment) => sum + segment[name], 0) / spoken.length;
  return { valence: mean('valence'), arousal: mean('arousal') };
}

/**
 * Votes and mean probabilities, told apart by their looks and by columns of their own.
 *
 * @param {Record<string, number>} votes
 * @param {number} all
 * @param {Record<string, number>} probabilities
 */
export function distribution(votes, all, probabilities) {
  const body = element('tbody');
  for (const label of byVotes(votes, probabilities)) {
    const mean = probabilities[label];
    body.append(
      element(
        'tr',
        { 'data-label': label },
        element('th', { scope: 'row' }, key(label), emotionName(label)),
        element('td', {}, bar('votes', all > 0 ? votes[label] / all : 0, label), number(votes[label])),
        element('td', {}, ...(mean === undefined ? ['–'] : [bar('mean', mean, label), percent(mean)])),
      ),
    );
  }
  const head = [t('distribution.emotion'), t('distribution.votes'), t('distribution.mean')];
  return element(
    'table',
    { class: 'distribution' },
    element('thead', {}, element('tr', {}, ...head.map((text) => element('th', { scope: 'col' }, text)))),
    body,
  );
}

/**
 * @param {'votes' | 'mean'} kind
 * @param {number} share
 * @param {string} label
 */
function bar(kind, share, label) {
  const inner = fill(share);
  inner.dataset.emotion = label;
  return element('span', { class: `bar ${kind}`, 'aria-hidden': 'true' }, inner);
}

/**
 * @param {Recording} recording
 * @param {Result} result
 */
function technical({ conditions }, { duration, engine, adaptation }) {
  const speed = engine.seconds > 0 ? Math.round(duration / engine.seconds) : 0;
  const facts = [
    t('result.seconds', { seconds: number(duration, 1) }),
    t('result.format', {
      rate: number(engine.sampleRate / 1000, engine.sampleRate % 1000 ? 1 : 0),
      n: engine.channels,
    }),
    t('result.computed', { seconds: number(engine.seconds, 2), times: speed }),
    t('result.memory', { memory: megabytes(engine.wasmMemoryBytes) }),
    t('result.model', { version: engine.version, model: engine.model }),
  ];
  if (conditions) {
    facts.push(t('result.hop', { hop: number(conditions.hop, 1), threshold: percent(conditions.threshold) }));
    if (conditions.prior) facts.push(t(`expected.${conditions.prior}`));
    if (adaptation && conditions.speaker) {
      facts.push(t('result.adapted', { name: conditions.speaker, weight: percent(adaptation.weight) }));
    }
  }
  return facts.join(' · ');
}

/** All segments as rows, made when somebody opens them, some at a time. */
class SegmentTable {
  #recording;
  #play;
  #rows = element('tbody');
  #more = element('button', { type: 'button' });
  #count = 0;
  /** Of which the rows are: others come when the recording is judged again. @type {Segment[]} */ #segments = [];
  #limit = tableRows;

  /**
   * @param {Recording} recording
   * @param {(index: number) => void} play
   */
  constructor(recording, play) {
    this.#recording = recording;
    this.#play = play;
    const names = /** @type {const} */ (['time', 'sounds', 'probability', 'intensity', 'speech', 'valence', 'arousal']);
    const head = names.map((name) => element('th', { scope: 'col' }, t(`segment.${name}`)));
    const table = element('table', {}, element('thead', {}, element('tr', {}, ...head)), this.#rows);
    this.#more.addEventListener('click', () => {
      this.#limit += tableRows;
      this.update();
    });
    this.node = element(
      'details',
      { id: 'timeline-table' },
      element('summary', {}, t('table.open')),
      scrollable(t('table.label'), table),
      this.#more,
    );
    this.node.addEventListener('toggle', () => this.update());
  }

  update() {
    const { segments } = this.#recording;
    if (segments !== this.#segments) {
      this.#rows.replaceChildren();
      this.#count = 0;
      this.#segments = segments;
    }
    if (!this.node.open) return;
    const end = Math.min(segments.length, this.#limit);
    for (; this.#count < end; this.#count++) this.#rows.append(this.#row(segments[this.#count], this.#count));
    const left = segments.length - end;
    this.#more.hidden = left === 0;
    this.#more.textContent = t('table.more', { n: Math.min(left, tableRows) });
  }

  /**
   * @param {Segment} segment
   * @param {number} index
   */
  #row(segment, index) {
    const numbers = [
      segment.probability > 0 ? percent(segment.probability) : '–',
      percent(segment.intensity),
      percent(segment.speech_ratio),
      signed(segment.valence),
      signed(segment.arousal),
    ];
    const time = button(stretch(segment), () => this.#play(index), { class: 'link' });
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, time),
      element('td', {}, key(segment.label), emotionName(segment.label)),
      ...numbers.map((text) => element('td', { class: 'number' }, text)),
    );
  }
}
