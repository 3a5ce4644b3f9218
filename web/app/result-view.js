// SPDX-License-Identifier: MIT
//
// One recording as the page shows it: under way, judged, or failed.

import { element } from './dom.js';
import { certainty, headline, letter } from './emotions.js';
import { clock, counted, megabytes, percent, rough } from './format.js';
import { Timeline } from './timeline.js';

/** @import { Result } from 'emovox' */
/** @import { Recording } from './recordings.js' */

/**
 * The nodes for a recording in its present state, and what brings them up to date while it stays in that state.
 *
 * @typedef {{nodes: Node[], update: () => void}} View
 */

/**
 * @param {Recording} recording
 * @param {{cancel: () => void}} actions
 * @returns {View}
 */
export function view(recording, { cancel }) {
  const title = element('h2', { id: 'result-title', class: 'name' }, recording.name);
  switch (recording.state) {
    case 'waiting':
      return still([title, element('p', {}, 'Waiting for its turn.'), cancelButton(cancel)]);
    case 'live': {
      const timeline = new Timeline('So far');
      return { nodes: [title, timeline.node], update: () => timeline.update(recording.segments) };
    }
    case 'working': {
      const timeline = new Timeline('So far');
      const progress = progressBar(recording);
      return {
        nodes: [title, ...progress.nodes, cancelButton(cancel), timeline.node],
        update: () => {
          progress.update();
          timeline.update(recording.segments);
        },
      };
    }
    case 'failed': {
      const stopped = recording.error?.code === 'aborted';
      const verdict = element('p', { class: 'verdict' }, stopped ? 'Stopped' : 'No result');
      const timeline = new Timeline('Until then');
      timeline.update(recording.segments);
      return still([title, verdict, element('p', {}, recording.error?.message ?? ''), timeline.node]);
    }
    case 'done':
      return still([title, ...judged(/** @type {Result} */ (recording.result))]);
  }
}

/**
 * @param {Node[]} nodes
 * @returns {View}
 */
function still(nodes) {
  return { nodes, update: () => {} };
}

/** @param {() => void} cancel */
function cancelButton(cancel) {
  const button = element('button', { type: 'button', id: 'cancel' }, 'Cancel');
  button.addEventListener('click', cancel);
  return button;
}

/**
 * @param {Recording} recording
 * @returns {View}
 */
function progressBar(recording) {
  const bar = element('progress', { id: 'progress', max: 1, 'aria-label': 'Analysed' });
  const text = element('p', { class: 'hint', id: 'progress-text' });
  const update = () => {
    const { seconds, duration, startedAt } = recording;
    text.textContent = clock(seconds);
    if (!duration) return;
    const share = Math.min(1, seconds / duration);
    const elapsed = (performance.now() - startedAt) / 1000;
    const left = share > 0 && elapsed > 1 ? `, about ${rough((elapsed * (1 - share)) / share)} left` : '';
    bar.value = share;
    text.textContent = `${clock(seconds)} of ${clock(duration)}${left}`;
  };
  return { nodes: [bar, text], update };
}

/** @param {Result} result */
function judged(result) {
  const verdict = element(
    'p',
    { class: 'verdict' },
    element('span', { class: 'key', 'data-emotion': result.emotion, 'aria-hidden': 'true' }, letter(result.emotion)),
    headline(result),
  );
  /** @type {Node[]} */
  const nodes = [verdict, element('p', { id: 'certainty' }, certainty(result))];
  const all = Object.values(result.votes).reduce((sum, n) => sum + n, 0);
  if (all > 0) {
    nodes.push(
      element('p', { id: 'confidence' }, ...confidence(result, all)),
      element('h3', {}, 'Distribution'),
      distribution(result, all),
    );
  }
  const timeline = new Timeline('Timeline');
  timeline.update(result.segments);
  nodes.push(timeline.node, element('p', { class: 'hint', id: 'technical' }, technical(result)));
  return nodes;
}

/**
 * @param {Result} result
 * @param {number} all votes
 * @returns {(Node | string)[]}
 */
function confidence({ emotion, votes, confidence, probabilities }, all) {
  const parts = [
    'Confidence ',
    element('strong', {}, percent(confidence)),
    `: ${votes[emotion]} of ${counted(all, 'vote')}`,
  ];
  if (emotion in probabilities) parts.push(`; mean probability ${percent(probabilities[emotion])}`);
  return [...parts, '.'];
}

/**
 * @param {Result} result
 * @param {number} all votes
 */
function distribution({ votes, probabilities }, all) {
  const labels = Object.keys(votes).sort(
    (a, b) => votes[b] - votes[a] || (probabilities[b] ?? 0) - (probabilities[a] ?? 0),
  );
  const body = element('tbody');
  for (const label of labels) {
    const name = element('span', { class: 'key', 'data-emotion': label, 'aria-hidden': 'true' }, letter(label));
    body.append(
      element(
        'tr',
        { 'data-label': label },
        element('th', { scope: 'row' }, name, label),
        element('td', {}, bar('votes', votes[label] / all, label), `${votes[label]}`),
        element(
          'td',
          {},
          ...(label in probabilities
            ? [bar('mean', probabilities[label], label), percent(probabilities[label])]
            : ['–']),
        ),
      ),
    );
  }
  const head = ['Emotion', 'Votes', 'Mean probability'].map((text) => element('th', { scope: 'col' }, text));
  return element(
    'table',
    { id: 'distribution' },
    element(
      'caption',
      {},
      'Each stretch of the recording casts one vote. The mean probability averages how likely the model found each emotion.',
    ),
    element('thead', {}, element('tr', {}, ...head)),
    body,
  );
}

/**
 * @param {'votes' | 'mean'} kind
 * @param {number} share
 * @param {string} label
 */
function bar(kind, share, label) {
  const fill = element('span', { 'data-emotion': label });
  fill.style.inlineSize = `${share * 100}%`;
  return element('span', { class: `bar ${kind}`, 'aria-hidden': 'true' }, fill);
}

/** @param {Result} result */
function technical({ duration, engine }) {
  const speed = engine.seconds > 0 ? Math.round(duration / engine.seconds) : 0;
  return [
    `${duration.toFixed(1)} s of audio`,
    `${engine.sampleRate / 1000} kHz, ${counted(engine.channels, 'channel')}`,
    `computed in ${engine.seconds.toFixed(2)} s, ${speed} times real time`,
    `WebAssembly memory ${megabytes(engine.wasmMemoryBytes)}`,
    `emovox ${engine.version}, model ${engine.model}`,
  ].join(' · ');
}
