// SPDX-License-Identifier: MIT

/**
 * @param {number} seconds
 * @returns {string} 1:02 or 1:02:03
 */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * @param {number} share 0..1
 * @returns {string}
 */
export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/**
 * @param {number} seconds
 * @returns {string} for time to wait: no more precise than it can be known
 */
export function rough(seconds) {
  if (seconds < 5) return 'a few seconds';
  if (seconds < 55) return `${Math.ceil(seconds / 5) * 5} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes <= 1 ? 'a minute' : `${minutes} minutes`;
}

/**
 * @param {number} bytes
 * @returns {string}
 */
export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * @param {number} count
 * @param {string} noun
 * @returns {string}
 */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
