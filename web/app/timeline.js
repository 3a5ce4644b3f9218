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

/**
 * @param {Segment[]} segments at least one
 * @returns {HTMLElement}
 */
export function timeline(segments) {
  const parts = blocks(segments);
  const strip = element('div', { class: 'strip', 'aria-hidden': 'true' });
  for (const part of parts) {
    const title = `${span(part)}: ${part.label}${part.confidence > 0 ? `, ${percent(part.confidence)}` : ''}`;
    strip.append(element('span', { 'data-emotion': part.label, title }, letter(part.label)));
  }
  strip.classList.toggle('dense', parts.length > 40);
  const axis = element(
    'div',
    { class: 'axis', 'aria-hidden': 'true' },
    element('span', {}, clock(parts[0].start)),
    element('span', {}, clock(parts[parts.length - 1].end)),
  );
  const each = parts[0].end - parts[0].start;
  const note = `Each block is ${each < 60 ? `${Number(each.toFixed(1))} s` : clock(each)} of audio${parts.length > 1 ? '; neighbours overlap' : ''}.`;
  return element(
    'div',
    { class: 'timeline' },
    strip,
    axis,
    legend(parts),
    element('p', { class: 'hint' }, note),
    table(parts),
  );
}

/**
 * @param {Block[]} parts
 * @returns {HTMLElement}
 */
function legend(parts) {
  const list = element('ul', { class: 'legend', 'aria-hidden': 'true' });
  for (const label of new Set(parts.map((part) => part.label))) {
    list.append(element('li', {}, element('span', { class: 'key', 'data-emotion': label }, letter(label)), label));
  }
  return list;
}

/**
 * @param {Block[]} parts
 * @returns {HTMLElement}
 */
function table(parts) {
  const body = element('tbody');
  for (const part of parts) {
    body.append(
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, span(part)),
        element('td', {}, part.label),
        element('td', { class: 'number' }, part.confidence > 0 ? percent(part.confidence) : '–'),
        element('td', { class: 'number' }, percent(part.speech)),
      ),
    );
  }
  const head = ['Time', 'Sounds', 'Probability', 'Speech'].map((text) => element('th', { scope: 'col' }, text));
  return element(
    'details',
    { id: 'timeline-table' },
    element('summary', { id: 'timeline-summary' }, 'The timeline as a table'),
    element(
      'div',
      { id: 'timeline-scroll', class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'The timeline as a table' },
      element('table', {}, element('thead', {}, element('tr', {}, ...head)), body),
    ),
  );
}

/** @param {Block} part */
function span({ start, end }) {
  return `${clock(start)}–${clock(Math.ceil(end))}`;
}
