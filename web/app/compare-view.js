// SPDX-License-Identifier: MIT
//
// Recordings side by side: verdict, distribution, strip, and their paths in one plane.

import { byId, element } from './dom.js';
import { drawPlane, drawStrip, prepare, themeOf } from './figures.js';
import { clock, percent, signed, t } from './i18n.js';
import { distribution, facts, key, planeSize } from './result-view.js';
import { allVotes, headline, intensityWord } from './words.js';

/** @import { Recording, Session } from './recordings.js' */
/** @import { Judged } from './save.js' */

const box = byId('comparison', HTMLElement);

/** How the paths are told apart, beside their numbers: neither colour is an emotion's. */
const dashes = [[], [7, 4], [2, 3]];
const colours = /** @type {const} */ (['accent', 'text', 'quiet']);
const most = dashes.length * colours.length;

export class CompareView {
  #session;
  /** @type {Judged[]} */ #chosen = [];

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
    new ResizeObserver(() => this.#draw()).observe(box);
  }

  render() {
    const judged = /** @type {Judged[]} */ (this.#session.list.filter(({ result }) => result));
    const chosen = judged.filter(({ compared }) => compared).slice(0, most);
    this.#chosen = chosen;
    const hint = judged.length < 2 ? t('compare.none') : t('compare.hint');
    if (judged.length < 2) {
      box.replaceChildren(element('p', { class: 'card' }, hint));
      return;
    }
    box.replaceChildren(
      element('div', { class: 'chosen' }, this.#choice(judged, hint), ...(chosen.length > 1 ? [plane(chosen)] : [])),
      element('div', { class: 'side-by-side' }, ...chosen.map(column)),
    );
    this.#draw();
  }

  /** What depends on the width. */
  #draw() {
    for (const [i, recording] of this.#chosen.entries()) drawColumn(recording, i);
  }

  /**
   * @param {Judged[]} judged
   * @param {string} hint
   */
  #choice(judged, hint) {
    const boxes = judged.map((recording) => {
      const input = element('input', { type: 'checkbox', checked: recording.compared });
      input.addEventListener('change', () => {
        recording.compared = input.checked;
        const at = judged.indexOf(recording);
        this.#session.touch(recording);
        this.render();
        /** @type {HTMLElement | undefined} */ (box.querySelectorAll('fieldset input')[at])?.focus();
      });
      return element('label', { class: 'choice' }, input, recording.name);
    });
    return element(
      'fieldset',
      { class: 'card' },
      element('legend', {}, t('compare.choose')),
      element('p', { class: 'hint' }, hint),
      ...boxes,
    );
  }
}

/**
 * @param {Judged} recording
 * @param {number} index
 */
function column({ name, result }, index) {
  const strip = element('canvas', { 'aria-hidden': 'true', class: 'compared-strip', 'data-index': index });
  return element(
    'section',
    { class: 'card compared', 'data-emotion-name': result.emotion },
    element('h2', { class: 'name' }, `${index + 1} · ${name}`),
    element('p', { class: 'verdict' }, key(result.emotion), headline(result.emotion)),
    facts([
      [t('history.length'), clock(result.duration)],
      [
        t('distribution.votes'),
        `${result.votes[result.emotion] ?? 0} / ${allVotes(result)} (${percent(result.agreement)})`,
      ],
      [t('segment.probability'), percent(result.probability)],
      [t('result.intensity'), intensityWord(result.intensity)],
      [t('segment.valence'), signed(result.valence)],
      [t('segment.arousal'), signed(result.arousal)],
    ]),
    strip,
    distribution(result.votes, allVotes(result), result.probabilities),
  );
}

/**
 * @param {Judged} recording
 * @param {number} index
 */
function drawColumn({ segments, result }, index) {
  const canvas = box.querySelector(`canvas[data-index="${index}"]`);
  const width = canvas?.previousElementSibling?.clientWidth;
  if (!(canvas instanceof HTMLCanvasElement) || !width) return;
  const ctx = prepare(canvas, width, 32);
  const view = { from: 0, to: Math.max(result.duration, 0.01) };
  drawStrip(ctx, { x: 0, y: 0, width, height: 32 }, segments, view, themeOf(document.documentElement));
}

/** @param {Judged[]} chosen */
function plane(chosen) {
  const theme = themeOf(document.documentElement);
  const canvas = element('canvas', { role: 'img' });
  const paths = chosen.map(({ segments, result }, i) => {
    const mark = {
      colour: theme[colours[i % colours.length]],
      dash: dashes[Math.floor(i / colours.length)],
      text: String(i + 1),
    };
    return { segments, mean: result, mark };
  });
  const ctx = prepare(canvas, planeSize, planeSize);
  drawPlane(ctx, { x: 0, y: 0, width: planeSize, height: planeSize }, paths, theme);
  const label = chosen
    .map(
      ({ result: { valence, arousal } }, i) =>
        `${i + 1}: ${t('plane.label', { valence: signed(valence), arousal: signed(arousal) })}`,
    )
    .join(' ');
  canvas.setAttribute('aria-label', label);
  return element(
    'section',
    { class: 'card plane' },
    element('h2', {}, t('compare.plane')),
    canvas,
    element('p', { class: 'hint' }, t('plane.note')),
  );
}
