// SPDX-License-Identifier: MIT
//
// Everybody in turn, round by round, on the same recording in the same page.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../src/deps/setup.mjs';
import { operations } from './flops.mjs';
import { readSafetensors } from './peers/safetensors.js';
import { models, wasm } from './setup.mjs';
import { digits, median } from './table.mjs';

/** Inputs of layers are rounded to 8 bits by emovox alone. A peer that differs by more computes something else. */
export const tolerance = 0.05;

/**
 * @param {import('playwright-core').Page} page
 * @param {{rounds: number, seconds: number, batches: number[]}} options seconds of the recording, batch sizes that
 *   peers choose from
 * @returns {Promise<import('./table.mjs').Row[]>}
 */
export async function compare(page, { rounds, seconds, batches }) {
  const { name: module, build } = wasm();
  const checked = await page.evaluate((options) => globalThis.bench.prepare(...options), [batches, build]);
  for (const [name, { difference }] of Object.entries(checked))
    if (!(difference < tolerance)) throw new Error(`${name}: probabilities differ by ${difference}.`);
  const results = [];
  for (let i = 0; i < rounds; i++) results.push(await page.evaluate((number) => globalThis.bench.round(number), i));

  const speed = (values) => `${digits(seconds / median(values))} × real time`;
  const row = (section, name, values, base, note = '') => {
    const perMinute = (list) => list?.map((value) => (value * 1000 * 60) / seconds);
    const notes = [speed(values), note].filter(Boolean).join('; ');
    return { section, name, unit: 'ms', values: perMinute(values), base: perMinute(base), note: notes };
  };
  const timed = (task) => results.map((result) => result[task]);
  /** Rows of all tasks whose names begin so; the first is emovox's. */
  const rowsOf = (section, prefix) => {
    const tasks = Object.keys(results[0]).filter((task) => task.startsWith(prefix));
    return tasks.map((task) => {
      const about = checked[task];
      const note = about ? `batch ${about.batch}, probabilities within ${about.difference.toExponential(0)}` : '';
      return row(section, task.slice(prefix.length), timed(task), timed(tasks[0]), note);
    });
  };

  const rows = models.flatMap((name) => [
    ...rowsOf(`${name}, end to end, per minute of audio`, `${name}: `),
    ...rowsOf(`${name}, network only, per minute of audio`, `${name}, network: `),
  ]);

  const limits = timed('limit');
  const section = (name) => `${name}: stages in ${module}, per minute of audio`;
  const spent = (task, stage) => results.map((result) => result[task][stage]);
  const logmel = spent('small, stages', 'logmel');
  rows.push(
    row('features, per minute of audio', 'resampling, 48 to 16 kHz', spent('small, stages at 48 kHz', 'resample')),
  );
  rows.push(row('features, per minute of audio', 'log-mel: emovox', logmel, logmel));
  for (const other of ['plain C', 'JavaScript', 'Meyda'])
    rows.push(row('features, per minute of audio', `log-mel: ${other}`, timed(`log-mel: ${other}`), logmel));

  for (const name of models) {
    const { metadata } = readSafetensors(
      new Uint8Array(readFileSync(path.join(root, `model/emovox-${name}.safetensors`))).buffer,
    );
    const { count } = checked[`${name}, network: emovox`];
    const of = (...stages) =>
      results.map((result) => stages.reduce((sum, stage) => sum + result[`${name}, stages`][stage], 0));
    const flops = operations(metadata);
    const rate = (stage, values) => {
      const perSecond = values.map((value) => (flops[stage] * count) / value);
      const share = median(perSecond.map((value, i) => value / limits[i]));
      return `${digits(median(perSecond) / 1e9)} GFLOP/s, ${(100 * share).toFixed(0)} % of the limit`;
    };
    const add = (title, values, note) => rows.push(row(section(name), title, values, undefined, note));
    add('normalisation', of('normalize'));
    add('convolutions', of('convolutions'), rate('convolutions', of('convolutions')));
    add('GELU after them', of('gelu'));
    if (flops.products) {
      add('transformer blocks', of('products', 'blocks'), rate('products', of('products', 'blocks')));
      add('of these, matrix products', of('products'), rate('products', of('products')));
    }
    add('LSTM', of('lstm'), rate('lstm', of('lstm')));
    add('rest of the network', of('network'));
    add('voting', of('voting'));
  }
  rows.push({
    section: 'the machine',
    name: '128-bit products and sums',
    unit: 'GFLOP/s',
    values: limits.map((value) => value / 1e9),
  });
  return rows;
}
