// SPDX-License-Identifier: MIT
//
// The segments in time: a strip of coloured blocks with letters, and the same as a table.

import { element } from './dom.js';
import { letter } from './emotions.js';
import { clock, percent } from './format.js';

/** @import { Segment } from 'emovox' */

/** More blocks than this cannot be told apart; neighbours are then put together. */
const mostBlocks = 120;

/**
 * @typedef {object} Block
 * @property {number} start
 * @property {number} end
 * @property {string} label the most frequent one
 * @property {number} confidence mean over the segments of that label
 * @property {number} speech mean speech ratio
 */

/**
 * @param {Segment[]} segments
 * @returns {Block[]}
 */
export function blocks(segments) {
  const size = Math.ceil(segments.length / mostBlocks);
  const result = [];
  for (let at = 0; at < segments.length; at += size) result.push(merge(segments.slice(at, at + size)));
  return result;
}

/**
 * @param {Segment[]} segments
 * @returns {Block}
 */
function merge(segments) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { label } of segments) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [label] = [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best));
  const same = segments.filter((segment) => segment.label === label);
  return {
    start: segments[0].start,
    end: segments[segments.length - 1].end,
    label,
    confidence: mean(same.map((segment) => segment.confidence)),
    speech: mean(segments.map((segment) => segment.speech_ratio)),
  };
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The strip and the table, which grow with the segments but stay the same elements: nobody loses their place. */
export class Timeline {
  #strip = element('div', { class: 'strip', 'aria-hidden': 'true' });
  #start = element('span');
  #end = element('span');
  #legend = element('ul', { class: 'legend', 'aria-hidden': 'true' });
  #note = element('p', { class: 'hint' });
  #rows = element('tbody');
  #count = 0;

  /** @param {string} heading */
  constructor(heading) {
    const columns = ['Time', 'Sounds', 'Probability', 'Speech'].map((text) => element('th', { scope: 'col' }, text));
    const table = element('table', {}, element('thead', {}, element('tr', {}, ...columns)), this.#rows);
    const label = 'The timeline as a table';
    this.node = element(
      'section',
      { class: 'timeline', hidden: true },
      element('h3', {}, heading),
      this.#strip,
      element('div', { class: 'axis', 'aria-hidden': 'true' }, this.#start, this.#end),
      this.#legend,
      this.#note,
      element(
        'details',
        { id: 'timeline-table' },
        element('summary', {}, label),
        element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, table),
      ),
    );
  }

  /** @param {Segment[]} segments */
  update(segments) {
    if (segments.length === this.#count) return;
    this.#count = segments.length;
    const parts = blocks(segments);
    const [first, last] = [parts[0], parts[parts.length - 1]];
    const each = first.end - first.start;
    const length = each < 60 ? `${Number(each.toFixed(1))} s` : clock(each);
    this.node.hidden = false;
    this.#strip.classList.toggle('dense', parts.length > 40);
    this.#strip.replaceChildren(...parts.map(stripBlock));
    this.#start.textContent = clock(first.start);
    this.#end.textContent = clock(last.end);
    this.#legend.replaceChildren(...[...new Set(parts.map(({ label }) => label))].map(key));
    this.#note.textContent = `Each block is ${length} of audio${parts.length > 1 ? '; neighbours overlap' : ''}.`;
    this.#rows.replaceChildren(...parts.map(row));
  }
}

/** @param {Block} part */
function stripBlock(part) {
  const title = `${span(part)}: ${part.label}${part.confidence > 0 ? `, ${percent(part.confidence)}` : ''}`;
  return element('span', { 'data-emotion': part.label, title }, letter(part.label));
}

/** @param {string} label */
function key(label) {
  return element('li', {}, element('span', { class: 'key', 'data-emotion': label }, letter(label)), label);
}

/** @param {Block} part */
function row(part) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, span(part)),
    element('td', {}, part.label),
    element('td', { class: 'number' }, part.confidence > 0 ? percent(part.confidence) : '–'),
    element('td', { class: 'number' }, percent(part.speech)),
  );
}

/** @param {Block} part */
function span({ start, end }) {
  return `${clock(start)}–${clock(Math.ceil(end))}`;
}
