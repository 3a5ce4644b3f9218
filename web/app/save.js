// SPDX-License-Identifier: MIT
//
// What can be taken away: files in the formats of other programs, a picture, a page on paper.

import { toAudacityLabels, toCsv, toWebVtt } from 'emovox/export';
import { element } from './dom.js';
import { picture, themeOf } from './figures.js';
import { dateAndTime, t } from './i18n.js';
import { allVotes, certainty, doubts, headline, inNumbers } from './words.js';

/** @import { Result } from 'emovox' */
/** @import { Recording } from './recordings.js' */

/** @typedef {Recording & {result: Result}} Judged */

/**
 * @param {Blob} blob
 * @param {string} name of the file
 */
export function download(blob, name) {
  const href = URL.createObjectURL(blob);
  element('a', { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** Endings by type, for sound without a name of its own. @type {Record<string, string>} */
const endings = {
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'audio/ogg': 'ogg',
  'audio/mpeg': 'mp3',
  'audio/webm': 'webm',
};

/** What a file's name ends with. */
const ending = /\.\w{1,5}$/;

/** More letters than this do not fit with every file system and ending. */
const mostLetters = 60;

/** @param {string} name @returns {string} without its ending, and without what no file system takes or shows as it is */
function stem(name) {
  const plain = name.replace(ending, '').replace(/[\\/:*?"<>|\p{Cc}\p{Bidi_Control}]/gu, '-');
  return [...plain.replace(/^[\s.]+/, '')].slice(0, mostLetters).join('').trim() || 'recording';
}

/** @type {Record<string, {type: string, suffix: string, text: (recording: Judged) => string}>} */
const formats = {
  json: {
    type: 'application/json',
    suffix: 'emovox.json',
    text: ({ name, result }) => JSON.stringify({ file: name, ...result }, null, 2),
  },
  csv: { type: 'text/csv', suffix: 'csv', text: ({ result }) => toCsv(result) },
  vtt: { type: 'text/vtt', suffix: 'vtt', text: ({ result }) => toWebVtt(result) },
  audacity: { type: 'text/plain', suffix: 'labels.txt', text: ({ result }) => toAudacityLabels(result) },
};

/**
 * @param {Judged} recording
 * @param {string} format 'json', 'csv', 'vtt' or 'audacity'
 */
export function saveText(recording, format) {
  const { type, suffix, text } = formats[format];
  download(new Blob([text(recording)], { type: `${type};charset=utf-8` }), `${stem(recording.name)}.${suffix}`);
}

/** @param {Recording} recording */
export function saveAudio({ audio, name }) {
  if (!audio) return;
  download(audio, `${stem(name)}${ending.exec(name)?.[0] ?? `.${endings[audio.type] ?? 'audio'}`}`);
}

/** @param {Judged} recording */
export async function savePicture(recording) {
  const canvas = paint(recording, document.documentElement);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob) download(blob, `${stem(recording.name)}.png`);
}

/**
 * @param {Judged} recording
 * @param {Element} node whose colours it takes
 */
function paint(recording, node) {
  const { result } = recording;
  const words = {
    headline: headline(result.emotion),
    numbers: allVotes(result) > 0 ? inNumbers(result) : certainty(result),
  };
  return picture(recording, words, themeOf(node));
}

/**
 * Fills the part of the page that is printed instead of all others, and prints.
 *
 * @param {Judged} recording
 * @param {HTMLElement} report
 */
export function printReport(recording, report) {
  const { name, when, result } = recording;
  const figure = paint(recording, report);
  figure.setAttribute('role', 'img');
  figure.setAttribute('aria-label', headline(result.emotion));
  figure.removeAttribute('style');
  report.replaceChildren(
    element('h1', {}, `${t('report.heading')}: ${name}`),
    element('p', {}, t('report.made', { date: dateAndTime(when) })),
    figure,
    element('p', {}, certainty(result)),
    element('ul', {}, ...doubts(result, recording.conditions).map((text) => element('li', {}, text))),
    element('p', {}, t('about.actors')),
    element('p', {}, t('about.lie')),
  );
  window.print();
}
