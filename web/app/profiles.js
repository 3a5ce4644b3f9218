// SPDX-License-Identifier: MIT
//
// The speakers that the model knows: their profiles here, their speakers in the engine.

import { profiles as store } from './store.js';

/** @import { Adaptation, Emovox, Speaker } from 'emovox' */
/** @import { Profile } from './store.js' */

/** A profile, and the speaker in an engine that knows it. @typedef {{profile: Profile, speaker: Speaker}} Known */

/** Dispatches 'change'. */
export class Profiles extends EventTarget {
  /** @type {Profile[]} */ list = [];
  /** Whose voice the next recording holds; null: a stranger's. @type {Profile | null} */ chosen = null;
  /** @type {WeakMap<Emovox, Map<string, Promise<Speaker>>>} */ #speakers = new WeakMap();

  constructor() {
    super();
    // Another tab has made somebody known, or forgotten: what the engines know of them is out of date.
    store.onChange(() => this.load());
  }

  async load() {
    const id = this.chosen?.id;
    this.list = await store.all().catch(() => this.list);
    this.#speakers = new WeakMap();
    this.choose(id ?? '');
  }

  /** @param {string} id '' for a stranger */
  choose(id) {
    this.chosen = this.list.find((profile) => profile.id === id) ?? null;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  /**
   * The chosen speaker in an engine; null for a stranger, and for somebody whom the other model knows.
   *
   * @param {Emovox} emovox
   * @param {'small' | 'large'} model
   * @returns {Promise<Known | null>}
   */
  async open(emovox, model) {
    const profile = this.chosen;
    if (!profile || profile.model !== model) return null;
    const open = this.#speakers.get(emovox) ?? new Map();
    this.#speakers.set(emovox, open);
    if (!open.has(profile.id)) open.set(profile.id, emovox.speaker(profile.bytes));
    return { profile, speaker: await open.get(profile.id) };
  }

  /**
   * Keeps what the speaker has learnt from an analysis.
   *
   * @param {Known} known
   * @param {Adaptation} [adaptation]
   */
  async learned({ profile, speaker }, adaptation) {
    if (!this.list.includes(profile)) return; // deleted meanwhile
    Object.assign(profile, adaptation, { bytes: await speaker.save() });
    await store.put(profile).catch(() => {}); // then it holds for this visit
  }

  /**
   * Makes somebody known, who is then the chosen one.
   *
   * @param {Emovox} emovox
   * @param {'small' | 'large'} model
   * @param {string} name
   * @param {(speaker: Speaker) => Promise<Adaptation>} teach lets the speaker hear ordinary, calm speech
   * @returns {Promise<{profile: Profile, kept: boolean}>} not kept: it holds for this visit
   */
  async enroll(emovox, model, name, teach) {
    const speaker = await emovox.speaker();
    try {
      const { seconds, weight } = await teach(speaker);
      const id = `${Date.now()}`;
      const profile = { id, name, model, bytes: await speaker.save(), seconds, weight };
      this.list.push(profile);
      this.chosen = profile;
      this.#changed();
      const kept = await store.put(profile).then(
        () => true,
        () => false,
      );
      return { profile, kept };
    } finally {
      await speaker.close();
    }
  }

  /**
   * @param {Profile} profile
   * @returns {Promise<void>} rejects where it could not be deleted, and may be back the next time
   */
  async remove(profile) {
    const removed = store.remove(profile.id);
    this.list.splice(this.list.indexOf(profile), 1);
    if (this.chosen === profile) this.chosen = null;
    this.#changed();
    await removed;
  }
}
