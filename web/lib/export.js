// SPDX-License-Identifier: MIT
//
// A result in the formats of other programs. Pure functions; numbers have a dot, whatever the locale. Times are in
// seconds from the beginning of the recording.

/** @import { Result } from './result.js' */

/** @param {number} value @returns {string} with at most six digits after the dot, and no exponent */
const number = (value) => String(Number(value.toFixed(6)));

/** @param {number} share 0..1 */
const percent = (share) => `${Math.round(100 * share)} %`;

/**
 * A field of text: quoted where RFC 4180 wants it, and never taken for a formula by a spreadsheet.
 *
 * @param {string} text
 * @returns {string}
 */
function csvText(text) {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/**
 * A table for spreadsheets and statistics (RFC 4180: commas, CRLF, UTF-8): a header, then a row per segment.
 *
 * | column                      | unit                                                              |
 * |-----------------------------|-------------------------------------------------------------------|
 * | `start`, `end`              | seconds from the beginning                                        |
 * | `label`                     | an emotion, `no speech` or `uncertain`                            |
 * | `probability`               | calibrated, of the most probable emotion, 0..1                    |
 * | `speech_ratio`              | share of the segment that is speech, 0..1                         |
 * | `intensity`                 | 0..1                                                              |
 * | `valence`, `arousal`        | -1..1                                                             |
 * | `probability_` + an emotion | 0..1, one column per emotion; all 0 without speech                |
 *
 * @param {Result} result
 * @returns {string}
 * @example
 * import { toCsv } from 'emovox/export';
 *
 * const csv = new Blob([toCsv(await emovox.analyze(file))], { type: 'text/csv' });
 */
export function toCsv({ segments, probabilities }) {
  const emotions = Object.keys(probabilities);
  const names = ['start', 'end', 'label', 'probability', 'speech_ratio', 'intensity', 'valence', 'arousal'];
  const head = [...names, ...emotions.map((emotion) => csvText(`probability_${emotion}`))];
  const rows = segments.map((segment) => [
    number(segment.start),
    number(segment.end),
    csvText(segment.label),
    ...[segment.probability, segment.speech_ratio, segment.intensity, segment.valence, segment.arousal].map(number),
    ...emotions.map((emotion) => number(segment.probabilities[emotion])),
  ]);
  return [head, ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

/**
 * Captions for a player (WebVTT). A cue shows a segment's verdict from its start until the next segment begins, so
 * that there is one at a time though segments overlap. Where there is no speech, there is no cue.
 *
 * @param {Result} result
 * @returns {string}
 * @example
 * import { toWebVtt } from 'emovox/export';
 *
 * track.src = URL.createObjectURL(new Blob([toWebVtt(result)], { type: 'text/vtt' }));
 */
export function toWebVtt({ segments }) {
  const cues = segments.flatMap(({ start, end, label, probability }, i) => {
    if (label === 'no speech') return [];
    const until = Math.min(end, segments[i + 1]?.start ?? end);
    return [`${vttTime(start)} --> ${vttTime(until)}\n${vttText(`${label}, ${percent(probability)}`)}\n`];
  });
  return ['WEBVTT\n', ...cues].join('\n');
}

/** @param {number} seconds @returns {string} hh:mm:ss.mmm */
function vttTime(seconds) {
  const milliseconds = Math.round(1000 * seconds);
  const digits = (/** @type {number} */ value, length = 2) => String(Math.floor(value)).padStart(length, '0');
  const [hours, minutes] = [milliseconds / 3_600_000, (milliseconds / 60_000) % 60];
  return `${digits(hours)}:${digits(minutes)}:${digits((milliseconds / 1000) % 60)}.${digits(milliseconds % 1000, 3)}`;
}

/** @param {string} text @returns {string} one line that is no markup; without >, no --> either */
function vttText(text) {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * A label track for Audacity (File > Import > Labels): per segment a line with start and end in seconds and a text,
 * separated by tabs.
 *
 * @param {Result} result
 * @returns {string}
 * @example
 * import { toAudacityLabels } from 'emovox/export';
 *
 * await writeFile('labels.txt', toAudacityLabels(result));
 */
export function toAudacityLabels({ segments }) {
  return segments
    .map(({ start, end, label, probability }) => {
      const text = label === 'no speech' ? label : `${label}, ${percent(probability)}`;
      return `${start.toFixed(6)}\t${end.toFixed(6)}\t${text.replace(/\s+/g, ' ')}\n`;
    })
    .join('');
}
