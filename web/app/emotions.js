// SPDX-License-Identifier: MIT
//
// How verdicts look and read. Colours are in style.css, by [data-emotion].

/** One letter each, so that nothing depends on colour. @type {Record<string, string>} */
const letters = {
  neutral: 'N',
  calm: 'C',
  happy: 'H',
  sad: 'S',
  angry: 'A',
  fearful: 'F',
  disgust: 'D',
  surprised: 'U',
  uncertain: '?',
  'no speech': '–',
};

/**
 * @param {string} label
 * @returns {string}
 */
export function letter(label) {
  return letters[label] ?? label.slice(0, 1).toUpperCase();
}

/**
 * @param {import('emovox').Result} result
 * @returns {string} the verdict as a headline
 */
export function headline({ emotion }) {
  if (emotion === 'no speech') return 'No speech found';
  if (emotion === 'uncertain') return 'No emotion stands out';
  return `Sounds ${emotion === 'disgust' ? 'disgusted' : emotion}`;
}

/**
 * @param {import('emovox').Result} result
 * @returns {string} how sure, in words
 */
export function certainty({ emotion, confidence, votes, segments }) {
  if (emotion === 'no speech') {
    return segments.length > 0
      ? 'There is silence, noise or music, but nobody to be heard speaking. Try a recording with a voice closer to the microphone.'
      : 'There is nothing to be heard. Try a longer recording.';
  }
  const all = Object.values(votes).reduce((sum, n) => sum + n, 0);
  if (emotion === 'uncertain') {
    return 'Somebody speaks, but most of the time no emotion is clear enough to be named.';
  }
  if (all === 1) return 'There was time for one vote only: a hint, not more. A longer recording tells more.';
  if (confidence >= 0.85) return 'Very clear: nearly all of the recording sounds like this.';
  if (confidence >= 0.65) return 'Clear: most of the recording sounds like this.';
  if (confidence >= 0.45) return 'Fairly clear: about half of the recording sounds like this.';
  return 'Mixed: this is the most frequent emotion, but others take up more of the recording together.';
}
