// SPDX-License-Identifier: MIT
//
// What is drawn on a canvas: on the screen, in the picture and in the report. Pure functions of data, box and theme.
// An emotion is a colour, a letter and a pattern. (The waveform on the screen is wavesurfer's.)

import { emotionName, letter, percent, t } from './i18n.js';

/** @import { Segment } from 'emovox' */

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{text: string, quiet: string, line: string, card: string, accent: string, attention: string,
 *   fill: (label: string) => string, on: (label: string) => string}} Theme colours
 * @typedef {CanvasRenderingContext2D} Context
 */

export const font = (/** @type {number} */ size, weight = 400) => `${weight} ${size}px system-ui, sans-serif`;

const named = new Set(['neutral', 'calm', 'happy', 'sad', 'angry', 'fearful', 'disgust', 'surprised']);

/**
 * The colours that the style sheet gives an element at the moment, so that they stand in one place.
 * @param {Element} node
 * @returns {Theme}
 */
export function themeOf(node) {
  const style = getComputedStyle(node);
  const value = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  const fills = new Map([...named].map((label) => [label, value(label)]));
  const [none, onNone, onEmotion] = [value('none'), value('on-none'), value('on-emotion')];
  return {
    text: value('text'),
    quiet: value('quiet'),
    line: value('line'),
    card: value('card'),
    accent: value('accent'),
    attention: value('attention'),
    fill: (label) => fills.get(label) ?? none,
    on: (label) => (fills.has(label) ? onEmotion : onNone),
  };
}

/**
 * A canvas's context in CSS pixels.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 * @param {number} [scale]
 * @returns {Context} cleared
 */
export function prepare(canvas, width, height, scale = devicePixelRatio) {
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const ctx = /** @type {Context} */ (canvas.getContext('2d'));
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

/**
 * How each emotion is hatched, in a tile of 8 x 8.
 * @type {Record<string, (ctx: Context) => void>}
 */
const patterns = {
  calm: (ctx) => ctx.fillRect(0, 3, 8, 1),
  happy: (ctx) => dots(ctx, [2, 2], [6, 6]),
  sad: (ctx) => ctx.fillRect(3, 0, 1, 8),
  angry: (ctx) => lines(ctx, [0, 8, 8, 0], [-4, 4, 4, -4], [4, 12, 12, 4]),
  fearful: (ctx) => lines(ctx, [0, 0, 8, 8], [-4, 4, 4, 12], [4, -4, 12, 4]),
  disgust: (ctx) => lines(ctx, [0, 0, 8, 8], [0, 8, 8, 0]),
  surprised: (ctx) => {
    ctx.fillRect(0, 0, 4, 1);
    ctx.fillRect(0, 0, 1, 4);
    ctx.fillRect(4, 4, 4, 1);
    ctx.fillRect(4, 4, 1, 4);
  },
  uncertain: (ctx) => dots(ctx, [4, 4]),
};

/**
 * @param {Context} ctx
 * @param {...[number, number]} centres
 */
function dots(ctx, ...centres) {
  for (const [x, y] of centres) {
    ctx.beginPath();
    ctx.arc(x, y, 1, 0, 7);
    ctx.fill();
  }
}

/**
 * @param {Context} ctx
 * @param {...[number, number, number, number]} ends
 */
function lines(ctx, ...ends) {
  for (const [x0, y0, x1, y1] of ends) {
    ctx.beginPath();
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
    ctx.stroke();
  }
}

/**
 * @param {Context} ctx
 * @param {string} label
 * @param {Theme} theme
 * @returns {CanvasPattern | null}
 */
function patternOf(ctx, label, theme) {
  const paint = patterns[label];
  if (!paint) return null;
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const brush = /** @type {Context} */ (tile.getContext('2d'));
  brush.fillStyle = brush.strokeStyle = theme.on(label);
  brush.globalAlpha = 0.4;
  paint(brush);
  return ctx.createPattern(tile, 'repeat');
}

/**
 * Neighbours of one label as one stretch: a segment is shown until the next begins.
 *
 * @param {Segment[]} segments
 * @returns {{label: string, start: number, end: number, count: number}[]}
 */
export function runs(segments) {
  /** @type {{label: string, start: number, end: number, count: number}[]} */
  const result = [];
  segments.forEach((segment, i) => {
    const end = segments[i + 1]?.start ?? segment.end;
    const last = result.at(-1);
    if (last?.label === segment.label) {
      last.end = end;
      last.count++;
    } else {
      result.push({ label: segment.label, start: segment.start, end, count: 1 });
    }
  });
  return result;
}

/**
 * The strip of emotions.
 *
 * @param {Context} ctx
 * @param {Box} box
 * @param {Segment[]} segments
 * @param {{from: number, to: number}} view seconds
 * @param {Theme} theme
 */
export function drawStrip(ctx, box, segments, view, theme) {
  const x = scale(box, view);
  /** @type {Map<string, CanvasPattern | null>} */
  const made = new Map();
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.font = font(14, 700);
  for (const { label, start, end } of runs(segments)) {
    if (end < view.from || start > view.to) continue;
    const [left, right] = [Math.max(box.x, x(start)), Math.min(box.x + box.width, x(end))];
    const width = Math.max(right - left - (right - left > 4 ? 1 : 0), 0.5);
    ctx.fillStyle = theme.fill(label);
    ctx.fillRect(left, box.y, width, box.height);
    if (!made.has(label)) made.set(label, patternOf(ctx, label, theme));
    const pattern = made.get(label);
    if (pattern) {
      ctx.fillStyle = pattern;
      ctx.fillRect(left, box.y, width, box.height);
    }
    if (width < 16) continue;
    const middle = left + width / 2;
    ctx.fillStyle = theme.fill(label); // the letter on plain ground
    ctx.fillRect(middle - 8, box.y + box.height / 2 - 9, 16, 18);
    ctx.fillStyle = theme.on(label);
    ctx.fillText(letter(label), middle, box.y + box.height / 2 + 1);
  }
}

/**
 * @param {Box} box
 * @param {{from: number, to: number}} view
 * @returns {(seconds: number) => number}
 */
function scale(box, { from, to }) {
  return (seconds) => box.x + ((seconds - from) / (to - from)) * box.width;
}

/**
 * How much attention each moment got beside what an even spread would give it, 1 on average, over all segments that
 * cover it.
 *
 * @param {Segment[]} segments
 * @param {number} step seconds
 * @returns {Float32Array}
 */
export function attentionOf(segments, step) {
  const end = segments.at(-1)?.end ?? 0;
  const sums = new Float32Array(Math.ceil(end / step) + 1);
  const counts = new Float32Array(sums.length);
  for (const { start, salience } of segments) {
    const first = Math.round(start / step);
    for (let k = 0; k < salience.length && first + k < sums.length; k++) {
      sums[first + k] += salience[k] * salience.length;
      counts[first + k]++;
    }
  }
  return sums.map((sum, i) => (counts[i] > 0 ? sum / counts[i] : 0));
}

/**
 * Where the model attended, as shades behind the waveform.
 *
 * @param {Context} ctx
 * @param {Box} box
 * @param {Float32Array} attention
 * @param {number} step seconds
 * @param {{from: number, to: number}} view
 * @param {Theme} theme
 */
export function drawAttention(ctx, box, attention, step, view, theme) {
  const x = scale(box, view);
  const seconds = (view.to - view.from) / box.width; // per pixel
  ctx.fillStyle = theme.attention;
  if (step >= seconds) {
    const last = Math.min(attention.length, Math.ceil(view.to / step));
    for (let k = Math.max(0, Math.floor(view.from / step)); k < last; k++) {
      ctx.globalAlpha = shade(attention[k]);
      ctx.fillRect(x(k * step), box.y, x((k + 1) * step) - x(k * step), box.height);
    }
  } else {
    for (let pixel = 0; pixel < box.width; pixel++) {
      const first = Math.floor((view.from + pixel * seconds) / step);
      const next = Math.max(first + 1, Math.floor((view.from + (pixel + 1) * seconds) / step));
      ctx.globalAlpha = shade(Math.max(0, ...attention.subarray(first, next)));
      ctx.fillRect(box.x + pixel, box.y, 1, box.height);
    }
  }
  ctx.globalAlpha = 1;
}

/** Nothing below the average, all of the colour at four times as much. @param {number} value */
const shade = (value) => Math.min(1, Math.max(0, (value - 1) / 3));

/**
 * @param {Context} ctx
 * @param {Box} box
 * @param {Float32Array} peaks
 * @param {Theme} theme
 */
function drawWaveform(ctx, box, peaks, theme) {
  const most = peaks.reduce((max, peak) => Math.max(max, peak), 1e-9);
  ctx.fillStyle = theme.quiet;
  for (let pixel = 0; pixel < box.width; pixel++) {
    const part = peaks.subarray(
      Math.floor((pixel / box.width) * peaks.length),
      Math.ceil(((pixel + 1) / box.width) * peaks.length),
    );
    const height = Math.max(1, (part.reduce((max, peak) => Math.max(max, peak), 0) / most) * box.height);
    ctx.fillRect(box.x + pixel, box.y + (box.height - height) / 2, 1, height);
  }
}

/** Of the plane, on every side. */
const planeMargin = 24;

/**
 * The path through the plane of valence and arousal.
 *
 * @param {Context} ctx
 * @param {Box} box square
 * @param {{segments: Segment[], mean: {valence: number, arousal: number} | null,
 *   mark?: {colour: string, dash: number[], text: string}}[]} paths marked where there are several
 * @param {Theme} theme
 */
export function drawPlane(ctx, box, paths, theme) {
  const half = box.width / 2 - planeMargin;
  const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
  const at = (/** @type {{valence: number, arousal: number}} */ { valence, arousal }) =>
    /** @type {[number, number]} */ ([cx + valence * half, cy - arousal * half]);
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.line;
  ctx.strokeRect(cx - half, cy - half, 2 * half, 2 * half);
  ctx.strokeStyle = theme.quiet;
  lines(ctx, [cx - half, cy, cx + half, cy], [cx, cy - half, cx, cy + half]);
  ctx.fillStyle = theme.quiet;
  ctx.font = font(12);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillText(t('plane.excited'), cx, cy - half - 12);
  ctx.fillText(t('plane.calm'), cx, cy + half + 12);
  sideways(ctx, t('plane.unpleasant'), cx - half - 12, cy);
  sideways(ctx, t('plane.pleasant'), cx + half + 12, cy);
  for (const { segments, mean, mark } of paths) {
    const spoken = thinned(segments.filter(({ label }) => label !== 'no speech'));
    ctx.strokeStyle = mark?.colour ?? theme.quiet;
    ctx.setLineDash(mark?.dash ?? []);
    ctx.globalAlpha = 0.6;
    ctx.beginPath();
    for (const segment of spoken) ctx.lineTo(...at(segment));
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
    for (const segment of spoken) {
      ctx.fillStyle = mark?.colour ?? (segment.label === 'uncertain' ? theme.quiet : theme.fill(segment.label));
      ctx.beginPath();
      ctx.arc(...at(segment), 3.5, 0, 7);
      ctx.fill();
    }
    if (!mean || spoken.length === 0) continue;
    const [x, y] = at(mean);
    ctx.strokeStyle = mark?.colour ?? theme.text;
    ctx.lineWidth = 2.5;
    ctx.beginPath();
    ctx.arc(x, y, 9, 0, 7);
    ctx.stroke();
    ctx.lineWidth = 1;
    if (!mark) continue;
    ctx.font = font(14, 700);
    ctx.fillStyle = theme.card;
    ctx.fillRect(x + 11, y - 9, 14, 18);
    ctx.fillStyle = theme.text;
    ctx.fillText(mark.text, x + 18, y + 1);
  }
}

/** More points than this on one path cannot be told apart: neighbours are put together. */
const mostPoints = 200;

/** @param {Segment[]} segments */
function thinned(segments) {
  const size = Math.ceil(segments.length / mostPoints);
  if (size <= 1) return segments;
  const mean = (/** @type {Segment[]} */ part, /** @type {'valence' | 'arousal'} */ name) =>
    part.reduce((sum, segment) => sum + segment[name], 0) / part.length;
  const groups = [];
  for (let i = 0; i < segments.length; i += size) {
    const part = segments.slice(i, i + size);
    groups.push({ ...part[0], valence: mean(part, 'valence'), arousal: mean(part, 'arousal') });
  }
  return groups;
}

/**
 * @param {Context} ctx
 * @param {string} text
 * @param {number} x
 * @param {number} y
 */
function sideways(ctx, text, x, y) {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(-Math.PI / 2);
  ctx.fillText(text, 0, 0);
  ctx.restore();
}

/**
 * Log-mel as shades, low bands at the bottom.
 *
 * @param {HTMLCanvasElement} canvas as many pixels as frames and bands
 * @param {{bands: number, frames: number, values: Float32Array}} logMel log10 of power
 * @param {Theme} theme
 */
export function drawSpectrogram(canvas, { bands, frames, values }, theme) {
  canvas.width = Math.max(1, frames);
  canvas.height = bands;
  const ctx = /** @type {Context} */ (canvas.getContext('2d'));
  const image = ctx.createImageData(canvas.width, bands);
  const [from, to] = [rgb(ctx, theme.card), rgb(ctx, theme.text)];
  const most = values.reduce((max, value) => Math.max(max, value), -Infinity);
  const range = 6; // 60 dB
  for (let frame = 0; frame < frames; frame++) {
    for (let band = 0; band < bands; band++) {
      const share = Math.min(1, Math.max(0, (values[frame * bands + band] - most + range) / range));
      const at = 4 * ((bands - 1 - band) * frames + frame);
      for (let c = 0; c < 3; c++) image.data[at + c] = from[c] + share * (to[c] - from[c]);
      image.data[at + 3] = 255;
    }
  }
  ctx.putImageData(image, 0, 0);
}

/**
 * @param {Context} ctx
 * @param {string} colour
 */
function rgb(ctx, colour) {
  ctx.fillStyle = colour;
  ctx.fillRect(0, 0, 1, 1);
  return ctx.getImageData(0, 0, 1, 1).data;
}

/**
 * @param {Context} ctx
 * @param {Box} box
 * @param {import('emovox').Result} result
 * @param {Theme} theme
 */
function drawDistribution(ctx, box, { votes, probabilities }, theme) {
  const all = Object.values(votes).reduce((sum, n) => sum + n, 0) || 1;
  const labels = byVotes(votes, probabilities);
  const row = box.height / labels.length;
  const column = (box.width - 110) / 2;
  ctx.textBaseline = 'middle';
  labels.forEach((label, i) => {
    const y = box.y + i * row;
    const bar = Math.min(12, row * 0.55);
    ctx.font = font(13);
    ctx.textAlign = 'start';
    ctx.fillStyle = theme.text;
    ctx.fillText(`${letter(label)}  ${emotionName(label)}`, box.x, y + row / 2);
    const shares = [votes[label] / all, probabilities[label]];
    const texts = [String(votes[label]), percent(probabilities[label] ?? 0)];
    shares.forEach((share, k) => {
      if (share === undefined) return;
      const left = box.x + 110 + k * column;
      const width = share * (column - 60);
      ctx.fillStyle = label === 'uncertain' ? theme.quiet : theme.fill(label);
      if (k === 0) {
        ctx.fillRect(left, y + (row - bar) / 2, width, bar);
      } else {
        for (let dx = 0; dx < width; dx += 5) {
          ctx.fillRect(left + dx, y + (row - bar) / 2, Math.min(3, width - dx), bar);
        }
      }
      ctx.fillStyle = theme.quiet;
      ctx.fillText(texts[k], left + width + 6, y + row / 2);
    });
  });
}

/**
 * @param {Record<string, number>} votes
 * @param {Record<string, number>} probabilities
 * @returns {string[]} labels, the most frequent first
 */
export function byVotes(votes, probabilities) {
  return Object.keys(votes).sort((a, b) => votes[b] - votes[a] || (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
}

/**
 * All figures of a recording in one picture.
 *
 * @param {import('./recordings.js').Recording & {result: import('emovox').Result}} recording
 * @param {{headline: string, numbers: string}} words
 * @param {Theme} theme
 * @returns {HTMLCanvasElement} 1200 x 760 points, twice as many pixels
 */
export function picture({ name, result, peaks, segments, model }, words, theme) {
  const canvas = document.createElement('canvas');
  const [width, margin] = [1200, 40];
  const ctx = prepare(canvas, width, 760, 2);
  ctx.fillStyle = theme.card;
  ctx.fillRect(0, 0, width, 760);
  ctx.textBaseline = 'alphabetic';
  ctx.textAlign = 'start';
  ctx.fillStyle = theme.quiet;
  ctx.font = font(16);
  ctx.fillText(name, margin, 52, width - 2 * margin);
  ctx.fillStyle = theme.text;
  ctx.font = font(32, 700);
  ctx.fillText(words.headline, margin, 94);
  ctx.font = font(16);
  ctx.fillText(words.numbers, margin, 124);

  const view = { from: 0, to: Math.max(result.duration, 0.01) };
  const wave = { x: margin, y: 150, width: width - 2 * margin, height: 110 };
  if (model.salienceSeconds) {
    const step = model.salienceSeconds;
    drawAttention(ctx, wave, attentionOf(segments, step), step, view, theme);
  }
  if (peaks.length > 0) drawWaveform(ctx, wave, peaks.view(), theme);
  drawStrip(ctx, { ...wave, y: 268, height: 36 }, segments, view, theme);
  ctx.fillStyle = theme.quiet;
  ctx.font = font(14, 600);
  ctx.textAlign = 'start';
  ctx.textBaseline = 'alphabetic';
  const column = (680 - 110) / 2;
  ctx.fillText(t('distribution.votes'), margin + 110, 350);
  ctx.fillText(t('distribution.mean'), margin + 110 + column, 350);
  drawDistribution(ctx, { x: margin, y: 364, width: 680, height: 340 }, result, theme);
  drawPlane(ctx, { x: width - margin - 380, y: 340, width: 380, height: 380 }, [{ segments, mean: result }], theme);
  ctx.fillStyle = theme.quiet;
  ctx.font = font(13);
  ctx.textAlign = 'start';
  ctx.textBaseline = 'alphabetic';
  ctx.fillText(`emovox ${result.engine.version}, ${result.engine.model}`, margin, 740);
  return canvas;
}
