// SPDX-License-Identifier: MIT
//
// Verdicts in words: what, how sure, why not surer.

import { emotionName, language, optional, percent, t } from './i18n.js';

/** @import { EmovoxError, Result } from 'emovox' */
/** @import { Conditions } from './recordings.js' */

/**
 * @param {string} emotion
 * @returns {string} the verdict as a headline
 */
export function headline(emotion) {
  return optional('verdict', emotion) ?? emotionName(emotion);
}

/** @param {Result} result @returns {string} the verdict in a list */
export function inShort(result) {
  const emotion = emotionName(result.emotion);
  return allVotes(result) > 0 ? t('list.summary', { emotion, agreement: percent(result.agreement) }) : emotion;
}

/** @param {Result} result @returns {number} votes in all */
export function allVotes({ votes }) {
  return Object.values(votes).reduce((sum, n) => sum + n, 0);
}

/**
 * @param {Result} result
 * @returns {string} how sure
 */
export function certainty(result) {
  const { emotion, agreement, segments } = result;
  if (emotion === 'no speech') return t(segments.length > 0 ? 'certainty.silence' : 'certainty.nothing');
  if (emotion === 'uncertain') return t('certainty.uncertain');
  if (allVotes(result) === 1) return t('certainty.one');
  if (agreement >= 0.85) return t('certainty.veryClear');
  if (agreement >= 0.65) return t('certainty.clear');
  if (agreement >= 0.45) return t('certainty.fairly');
  return t('certainty.mixed');
}

/**
 * @param {Result} result
 * @returns {string} the share of the votes, and how probable the emotion is
 */
export function inNumbers(result) {
  const share = shareOfVotes(result.agreement, result.votes[result.emotion] ?? 0, allVotes(result));
  return `${share} ${t('result.probability', { probability: percent(result.probability) })}`;
}

/**
 * @param {number} agreement 0..1
 * @param {number} votes for the winner
 * @param {number} all
 * @returns {string}
 */
export function shareOfVotes(agreement, votes, all) {
  return t('result.agreement', { agreement: percent(agreement), votes, all: t('result.votes', { n: all }) });
}

/** @param {number} intensity 0..1 @returns {string} */
export function intensityWord(intensity) {
  return t(intensity >= 0.6 ? 'result.strong' : intensity >= 0.35 ? 'result.medium' : 'result.weak');
}

/**
 * @param {Result} result
 * @param {Conditions | null} conditions
 * @returns {string[]} why the verdict is not clearer; none if it is clear
 */
export function doubts(result, conditions) {
  const { emotion, agreement, probabilities, votes, segments, speech_ratio: speech, intensity } = result;
  const all = allVotes(result);
  if (emotion === 'no speech' || (emotion !== 'uncertain' && agreement >= 0.65 && all > 2)) return [];
  const reasons = [];
  if (all <= 2) reasons.push(t('why.short'));
  const [first, second] = Object.keys(probabilities).sort((a, b) => probabilities[b] - probabilities[a]);
  if (second && probabilities[first] - probabilities[second] < 0.15) {
    const [p, q] = [percent(probabilities[first]), percent(probabilities[second])];
    reasons.push(t('why.close', { first: emotionName(first), second: emotionName(second), p, q }));
  }
  if (votes.uncertain > 0 && conditions) {
    const values = { n: votes.uncertain, all, threshold: percent(conditions.threshold) };
    reasons.push(t('why.threshold', values));
  }
  const named = new Set(segments.map(({ label }) => label).filter((label) => label in probabilities));
  if (all > 2 && named.size > 2) reasons.push(t('why.changes'));
  if (speech < 0.5) reasons.push(t('why.speech', { share: percent(speech) }));
  if (intensity < 0.35) reasons.push(t('why.weak'));
  if (!conditions?.speaker) reasons.push(t('why.stranger'));
  return reasons;
}

/**
 * @param {EmovoxError} error
 * @returns {string} what happened and what to do, in the language of the page
 */
export function errorText({ code, message }) {
  // The library's own sentence is the more precise one, but it is English and knows nothing of this page.
  const own = optional('error', code);
  const ours = code === 'internal' || code === 'aborted' || code.startsWith('microphone-');
  return own && (ours || language !== 'en') ? own : message;
}
