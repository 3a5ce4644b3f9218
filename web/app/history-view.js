// SPDX-License-Identifier: MIT
//
// Verdicts that stay on this device, if the user wants them to.

import { byId, element, scrollable } from './dom.js';
import { clock, dateAndTime, t } from './i18n.js';
import { newRecording, Samples } from './recordings.js';
import { button, key } from './result-view.js';
import { download } from './save.js';
import { history } from './store.js';
import { inShort } from './words.js';

/** @import { Recording, Session } from './recordings.js' */
/** @import { Judged } from './save.js' */
/** @import { Kept } from './store.js' */

const on = byId('history-on', HTMLInputElement);
const withAudio = byId('history-audio', HTMLInputElement);
const box = byId('history-list', HTMLElement);
const exportAll = byId('history-export', HTMLButtonElement);
const deleteAll = byId('history-delete', HTMLButtonElement);

const storageKey = 'emovox.history';

export class HistoryView {
  #session;
  #say;
  #open;
  /** @type {Kept[]} */ #kept = [];

  /**
   * @param {Session} session
   * @param {(text: string) => void} say
   * @param {(recording: Recording) => void} open shows one in the page
   */
  constructor(session, say, open) {
    this.#session = session;
    this.#say = say;
    this.#open = open;
    this.#read();
    // In another tab.
    addEventListener('storage', ({ key }) => key === storageKey && this.#read());
    history.onChange(() => this.render());
    for (const box of [on, withAudio]) {
      box.addEventListener('change', () => {
        try {
          localStorage.setItem(storageKey, JSON.stringify({ keep: on.checked, audio: withAudio.checked }));
        } catch {
          this.#say(t('history.unavailable'));
        }
      });
    }
    exportAll.addEventListener('click', () => this.#export());
    deleteAll.addEventListener('click', () => this.#deleteAll());
  }

  /** Reads what was chosen. */
  #read() {
    try {
      const { keep, audio } = JSON.parse(localStorage.getItem(storageKey) ?? '{}');
      on.checked = keep === true;
      withAudio.checked = audio === true;
    } catch {
      // a browser that keeps nothing
    }
  }

  /** Whether finished recordings are kept without being asked for. */
  get automatic() {
    return on.checked;
  }

  /** @param {Judged} recording */
  async keep(recording) {
    const { id, name, when, result, conditions, model, peaks, audio } = recording;
    /** @type {Kept} */
    const kept = { id, name, when, result, conditions, model, peaks: peaks.view().slice(), audio: null };
    if (withAudio.checked) kept.audio = audio;
    try {
      await history.put(kept);
    } catch (error) {
      this.#sorry(error);
      return;
    }
    recording.kept = true;
    this.#session.touch(recording);
    await this.render();
  }

  /** @param {unknown} error of the store */
  #sorry(error) {
    const full = /** @type {DOMException} */ (error).name === 'QuotaExceededError';
    this.#say(t(full ? 'history.full' : 'history.unavailable'));
  }

  async render() {
    /** @type {'history.empty' | 'history.unavailable'} */
    let none = 'history.empty';
    const kept = await history.all().catch(() => {
      none = 'history.unavailable';
      return [];
    });
    this.#kept = kept.map((one) => ({ ...one, result: renamed(one.result) }));
    this.#kept.sort((a, b) => b.when.getTime() - a.when.getTime());
    exportAll.disabled = deleteAll.disabled = this.#kept.length === 0;
    // What another tab has deleted can be kept again.
    const ids = new Set(this.#kept.map(({ id }) => id));
    for (const recording of this.#session.list) {
      if (!recording.kept || ids.has(recording.id)) continue;
      recording.kept = false;
      this.#session.touch(recording);
    }
    if (this.#kept.length === 0) {
      box.replaceChildren(element('p', { class: 'hint' }, t(none)));
      return;
    }
    const names = /** @type {const} */ (['when', 'name', 'length', 'verdict']);
    const head = names.map((name) => element('th', { scope: 'col' }, t(`history.${name}`)));
    head.push(element('td'));
    const table = element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...this.#kept.map((kept) => this.#row(kept))),
    );
    box.replaceChildren(scrollable(t('history.heading'), table));
  }

  /** @param {Kept} kept */
  #row(kept) {
    const { name, when, result } = kept;
    return element(
      'tr',
      {},
      element('td', {}, dateAndTime(when)),
      element(
        'th',
        { scope: 'row' },
        button(name, () => this.#show(kept), { class: 'link', 'aria-label': t('history.openOne', { name }) }),
      ),
      element('td', {}, clock(result.duration)),
      element('td', {}, key(result.emotion), inShort(result)),
      element(
        'td',
        {},
        button('×', () => this.#delete(kept), { class: 'remove', 'aria-label': t('history.deleteOne', { name }) }),
      ),
    );
  }

  /** @param {Kept} kept */
  #show({ peaks, ...kept }) {
    let recording = this.#session.list.find(({ id }) => id === kept.id);
    if (!recording) {
      const samples = new Samples();
      samples.push(peaks);
      const { segments, duration } = kept.result;
      recording = newRecording(kept.name, 'done', { ...kept, peaks: samples, segments, duration, kept: true });
      this.#session.add(recording);
    }
    this.#open(recording);
  }

  /** @param {Kept} kept */
  async #delete({ id }) {
    await history.remove(id).catch((error) => this.#sorry(error));
    await this.render();
    (box.querySelector('button') ?? on).focus();
  }

  async #deleteAll() {
    if (!confirm(t('history.confirm'))) return;
    await history.clear().catch((error) => this.#sorry(error));
    await this.render();
    on.focus();
  }

  #export() {
    const all = this.#kept.map(({ name, when, result }) => ({ file: name, when: when.toISOString(), ...result }));
    download(new Blob([JSON.stringify(all, null, 2)], { type: 'application/json' }), 'emovox-history.json');
  }
}

/**
 * What was kept before agreement and probability had their names gets them as well.
 *
 * @param {any} result
 * @returns {import('emovox').Result}
 */
function renamed(result) {
  if (result.agreement !== undefined) return result;
  const { emotion, confidence, probabilities, segments } = result;
  return {
    ...result,
    agreement: confidence,
    probability: probabilities[emotion] ?? Math.max(.../** @type {number[]} */ (Object.values(probabilities))),
    segments: segments.map((/** @type {any} */ segment) => ({ ...segment, probability: segment.confidence })),
  };
}
