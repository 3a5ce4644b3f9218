// SPDX-License-Identifier: MIT
//
// The recordings of this visit: how far each is, which is shown, which are compared.

import { byId, element } from './dom.js';
import { clock, letter, percent, rough, t } from './i18n.js';
import { secondsLeft } from './recordings.js';
import { inShort } from './words.js';

/** @import { Recording, Session } from './recordings.js' */

const list = byId('recordings', HTMLUListElement);
const box = byId('queue', HTMLElement);
const cancelAll = byId('cancel-all', HTMLButtonElement);

const busy = new Set(['waiting', 'working']);

export class List {
  #session;
  /** Made once each, so that a click or the focus never meets a fresh one. @type {Map<Recording, ReturnType<List['entry']>>} */
  #entries = new Map();

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
    cancelAll.addEventListener('click', () => {
      for (const recording of session.list) if (busy.has(recording.state)) recording.abort.abort();
    });
  }

  update() {
    const { list: recordings } = this.#session;
    box.hidden = recordings.length === 0;
    cancelAll.hidden = recordings.filter(({ state }) => busy.has(state)).length < 2;
    for (const [recording, { item }] of this.#entries) {
      if (recordings.includes(recording)) continue;
      const next = item.nextElementSibling ?? item.previousElementSibling;
      if (item.contains(document.activeElement)) next?.querySelector('button')?.focus();
      item.remove();
      this.#entries.delete(recording);
    }
    for (const recording of recordings) {
      let entry = this.#entries.get(recording);
      if (!entry) {
        entry = this.entry(recording);
        this.#entries.set(recording, entry);
        list.prepend(entry.item);
      }
      entry.update();
    }
  }

  /** Once the language has changed. */
  translate() {
    for (const { item } of this.#entries.values()) item.remove();
    this.#entries.clear();
    this.update();
  }

  /** @param {Recording} recording */
  entry(recording) {
    const session = this.#session;
    const mark = element('span', { class: 'key', 'aria-hidden': 'true' });
    const hint = element('span', { class: 'hint' });
    const name = element('span', { class: 'file' }, recording.name);
    const open = element(
      'button',
      { type: 'button', class: 'entry' },
      mark,
      element('span', { class: 'lines' }, name, hint),
    );
    open.addEventListener('click', () => {
      session.picked = true;
      session.show(recording);
    });
    const compare = element('input', {
      type: 'checkbox',
      'aria-label': t('list.compareOne', { name: recording.name }),
    });
    compare.addEventListener('change', () => {
      recording.compared = compare.checked;
      session.touch(recording);
    });
    const compareLabel = element(
      'label',
      { class: 'compare' },
      compare,
      element('span', { 'aria-hidden': 'true' }, t('list.compare')),
    );
    const remove = element('button', { type: 'button', class: 'remove' }, '×');
    remove.addEventListener('click', () => {
      if (busy.has(recording.state)) recording.abort.abort();
      else session.remove(recording);
    });
    const item = element('li', {}, open, compareLabel, remove);
    const update = () => {
      const { state, result } = recording;
      mark.textContent = result ? letter(result.emotion) : state === 'failed' ? '!' : '…';
      if (result) mark.dataset.emotion = result.emotion;
      else delete mark.dataset.emotion;
      hint.textContent = summary(recording);
      item.dataset.state = state;
      compareLabel.hidden = state !== 'done';
      compare.checked = recording.compared;
      remove.hidden = state === 'live';
      const words = busy.has(state) ? 'list.cancelOne' : 'list.removeOne';
      remove.setAttribute('aria-label', t(words, { name: recording.name }));
      if (recording === session.shown) open.setAttribute('aria-current', 'true');
      else open.removeAttribute('aria-current');
    };
    return { item, update };
  }
}

/** @param {Recording} recording */
function summary(recording) {
  const { state, result, error, seconds, duration } = recording;
  if (result) return inShort(result);
  if (error) return t(error.code === 'aborted' ? 'list.stopped' : 'list.failed');
  if (state === 'live') return t('list.live');
  if (state === 'waiting') return t('list.waiting');
  if (!duration) return clock(seconds);
  const share = percent(Math.min(1, seconds / duration));
  const left = secondsLeft(recording);
  return left === null ? share : t('list.left', { share, wait: rough(left) });
}
