// SPDX-License-Identifier: MIT
//
// What the user has chosen: kept in this browser, and put into a link on request. An address that holds settings wins.

import { languages, preferredLanguage } from './i18n.js';

/**
 * @typedef {object} Settings
 * @property {'small' | 'large'} model
 * @property {'everyday' | 'even'} prior how common each emotion is taken for
 * @property {number | null} threshold 0..1; null: the model's
 * @property {number | null} hop seconds; null: the model's
 * @property {boolean} echo echo cancellation
 * @property {boolean} noise noise suppression
 * @property {boolean} gain automatic gain
 * @property {string} language
 */

export const storageKey = 'emovox.settings';

/** @returns {Settings} */
export const defaults = () => ({
  model: 'small',
  prior: 'everyday',
  threshold: null,
  hop: null,
  echo: false,
  noise: false,
  gain: false,
  language: preferredLanguage(),
});

/**
 * Each is read from text, and refused with undefined.
 * @type {{[K in keyof Settings]: (text: string) => Settings[K] | undefined}}
 */
const readers = {
  model: (text) => (text === 'small' || text === 'large' ? text : undefined),
  prior: (text) => (text === 'everyday' || text === 'even' ? text : undefined),
  threshold: (text) => within(text, 0, 1),
  hop: (text) => within(text, 0.5, 4),
  echo: flag,
  noise: flag,
  gain: flag,
  language: (text) => (Object.hasOwn(languages, text) ? text : undefined),
};

/**
 * @param {string} text
 * @param {number} least
 * @param {number} most
 */
function within(text, least, most) {
  const value = text === '' ? Number.NaN : Number(text);
  return value >= least && value <= most ? value : undefined;
}

/** @param {string} text */
function flag(text) {
  return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : undefined;
}

/**
 * @param {(name: string) => unknown} get
 * @returns {Partial<Settings>} what is there and makes sense
 */
function read(get) {
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const [name, reader] of Object.entries(readers)) {
    const value = get(name);
    const read = value === undefined || value === null ? undefined : reader(String(value));
    if (read !== undefined) found[name] = read;
  }
  return found;
}

/** @returns {Settings} */
export function loadSettings() {
  /** @type {Record<string, unknown>} */
  let stored = {};
  try {
    stored = JSON.parse(localStorage.getItem(storageKey) ?? '{}') ?? {};
  } catch {
    // a browser that keeps nothing, or something that is not ours: the defaults
  }
  const address = new URL(location.href).searchParams;
  return { ...defaults(), ...read((name) => stored[name]), ...read((name) => address.get(name)) };
}

/** @param {Settings} settings */
export function storeSettings(settings) {
  try {
    localStorage.setItem(storageKey, JSON.stringify(settings));
  } catch {
    // a browser that keeps nothing: they hold for this visit
  }
}

/**
 * @param {Settings} settings
 * @returns {string} the address of this page with these settings, and nothing else
 */
export function linkWith(settings) {
  const url = new URL(location.href);
  url.search = '';
  url.hash = '';
  const standard = defaults();
  for (const [name, value] of Object.entries(settings)) {
    const same = value === standard[/** @type {keyof Settings} */ (name)] && name !== 'language';
    if (!same && value !== null) url.searchParams.set(name, String(value));
  }
  return url.href;
}
