// SPDX-License-Identifier: MIT
//
// What was measured, as rows of one table.

/**
 * @typedef {object} Row
 * @property {string} section
 * @property {string} name
 * @property {string} unit
 * @property {number[]} values one per round, or one that holds for all
 * @property {number[]} [base] emovox's in the same rounds
 * @property {string} [note]
 * @property {Record<string, number>} [bytes] all forms, where the value is one
 */

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The exponent b of y = a x^b: least squares of log y on log x. */
export function exponent(x, y) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [u, v] = [x.map(Math.log), y.map(Math.log)];
  const [mu, mv] = [mean(u), mean(v)];
  return mean(u.map((value, i) => (value - mu) * (v[i] - mv))) / mean(u.map((value) => (value - mu) ** 2));
}

/** @param {Row} row */
export function summary({ section, name, unit, values, base, note = '', bytes }) {
  const ratio = base ? median(values.map((value, i) => value / base[i])) : null;
  const [min, max] = [Math.min(...values), Math.max(...values)];
  return { section, name, unit, median: median(values), min, max, ratio, note, bytes };
}

/** Three digits, or all before the point. */
export function digits(value) {
  if (value === 0) return '0';
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(decimals, 4));
}

const head = ['', 'median', 'min', 'max', '', '× emovox', ''];

/** @param {ReturnType<typeof summary>} row */
function cells({ name, unit, median: middle, min, max, ratio, note }) {
  const spread = min === max ? ['', ''] : [digits(min), digits(max)];
  return [name, digits(middle), ...spread, unit, ratio === null ? '' : ratio.toFixed(2), note];
}

/** @param {ReturnType<typeof summary>[]} rows */
function bySection(rows) {
  return [...new Set(rows.map((row) => row.section))].map((title) => ({
    title,
    lines: rows.filter((row) => row.section === title).map(cells),
  }));
}

/** For the terminal. @param {ReturnType<typeof summary>[]} rows */
export function text(rows) {
  const sections = bySection(rows);
  const widths = head.map((title, i) =>
    Math.max(title.length, ...sections.flatMap(({ lines }) => lines.map((line) => line[i].length))),
  );
  const isNumber = (i) => (i >= 1 && i <= 3) || i === 5;
  const line = (texts) =>
    texts
      .map((cell, i) => (isNumber(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [line(head), ...sections.flatMap(({ title, lines }) => ['', title, ...lines.map(line)])].join('\n');
}

/** For RESULTS.md. @param {ReturnType<typeof summary>[]} rows */
export function markdown(rows) {
  const line = (texts) => `| ${texts.join(' | ')} |`;
  const table = bySection(rows).flatMap(({ title, lines }) => [
    line([`**${title}**`, '', '', '', '', '', '']),
    ...lines.map(line),
  ]);
  return [line(head), '| --- | ---: | ---: | ---: | --- | ---: | --- |', ...table].join('\n');
}
