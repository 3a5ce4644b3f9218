// SPDX-License-Identifier: MIT
//
// The language of the page: words from one file per language, numbers and dates from the browser.

/** @typedef {keyof typeof import('./strings/en.js').default} Key */
/** @typedef {Record<string, string>} Plural by Intl.PluralRules category */
/** @typedef {Record<Key, string | Plural>} Strings */

/** What each language calls itself. @type {Record<string, string>} */
export const languages = { en: 'English', de: 'Deutsch', pl: 'Polski' };

/** Only the one in use is loaded. @type {Record<string, () => Promise<{default: Strings}>>} */
const loaders = {
  en: () => import('./strings/en.js'),
  de: () => import('./strings/de.js'),
  pl: () => import('./strings/pl.js'),
};

/** @type {Strings} */
let strings;

/** The language in use: none until setLanguage() has been called. */
export let language = '';

/** @type {Intl.PluralRules} */
let rules;

/** @returns {string} the first of the browser's languages that the page speaks */
export function preferredLanguage() {
  const codes = navigator.languages.map((tag) => tag.split('-')[0]);
  return codes.find((code) => code in languages) ?? 'en';
}

/**
 * @param {string} code of a language that the page speaks
 * @returns {Promise<void>} once t() speaks it
 */
export async function loadLanguage(code) {
  strings = (await loaders[code]()).default;
  language = code;
  rules = new Intl.PluralRules(code);
}

/**
 * The same, and the document as well.
 * @param {string} code
 */
export async function setLanguage(code) {
  await loadLanguage(code);
  document.documentElement.lang = code;
  document.title = t('page.title');
  translate(document);
}

/**
 * @param {Key} key
 * @param {Record<string, string | number>} [values] for the {names} in it; `n` chooses the plural
 * @returns {string}
 */
export function t(key, values = {}) {
  const entry = strings[key];
  const text = typeof entry === 'string' ? entry : (entry[rules.select(Number(values.n))] ?? entry.other);
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : String(value);
  });
}

/**
 * @param {string} prefix
 * @param {string} name
 * @returns {string | undefined} the words for prefix.name, if there are any
 */
export function optional(prefix, name) {
  const key = /** @type {Key} */ (`${prefix}.${name}`);
  return key in strings ? t(key) : undefined;
}

/**
 * Puts the words into what has data-t (text), data-t-label (aria-label) or data-t-title.
 * @param {ParentNode} root
 */
export function translate(root) {
  for (const node of root.querySelectorAll('[data-t]')) node.textContent = t(keyOf(node, 'data-t'));
  for (const node of root.querySelectorAll('[data-t-label]')) {
    node.setAttribute('aria-label', t(keyOf(node, 'data-t-label')));
  }
}

/**
 * @param {Element} node
 * @param {string} attribute
 * @returns {Key}
 */
function keyOf(node, attribute) {
  return /** @type {Key} */ (node.getAttribute(attribute));
}

/**
 * @param {string} label an emotion, 'no speech' or 'uncertain'
 * @returns {string}
 */
export function emotionName(label) {
  return optional('emotion', label) ?? label;
}

/**
 * One letter for each, so that nothing depends on colour.
 * @param {string} label
 * @returns {string}
 */
export function letter(label) {
  return optional('letter', label) ?? label.slice(0, 1).toUpperCase();
}

/**
 * @param {number} value
 * @param {number} [digits] after the point
 * @returns {string}
 */
export function number(value, digits = 0) {
  return value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/**
 * @param {number} value
 * @returns {string} with a sign and two digits
 */
export function signed(value) {
  return value.toLocaleString(language, {
    signDisplay: 'exceptZero',
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
}

/**
 * @param {number} share 0..1
 * @returns {string}
 */
export function percent(share) {
  return share.toLocaleString(language, { style: 'percent', maximumFractionDigits: 0 });
}

/**
 * @param {number} bytes
 * @returns {string}
 */
export function megabytes(bytes) {
  return `${number(bytes / 1e6, 1)} MB`;
}

/**
 * @param {Date} when
 * @returns {string}
 */
export function dateAndTime(when) {
  return when.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
}

/**
 * @param {Date} when
 * @returns {string}
 */
export function timeOfDay(when) {
  return when.toLocaleTimeString(language, { timeStyle: 'short' });
}

/**
 * @param {number} seconds
 * @returns {string} 1:02 or 1:02:03, as players everywhere show it
 */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * @param {{start: number, end: number}} stretch
 * @returns {string}
 */
export function stretch({ start, end }) {
  return `${clock(start)}–${clock(Math.ceil(end))}`;
}

/**
 * @param {number} seconds
 * @returns {string} for time to wait: no more precise than it can be known
 */
export function rough(seconds) {
  if (seconds < 5) return t('wait.moment');
  if (seconds < 55) return t('wait.seconds', { n: Math.ceil(seconds / 5) * 5 });
  return t('wait.minutes', { n: Math.max(1, Math.round(seconds / 60)) });
}
