// SPDX-License-Identifier: MIT
//
// The speakers that the model knows: their profiles here, their speakers in the engine.

import { EmovoxError } from 'emovox';
import { profiles as store } from './store.js';

/** @import { Adaptation, Emovox, Speaker } from 'emovox' */
/** @import { Profile } from './store.js' */

/** A profile, and the speaker in an engine that knows it. @typedef {{profile: Profile, speaker: Speaker}} Known */

/** Dispatches 'change', and 'refused' with the name of somebody who has to be recorded again. */
export class Profiles extends EventTarget {
  /** @type {Profile[]} */ list = [];
  /** Whose voice the next recording holds; null: a stranger's. @type {Profile | null} */ chosen = null;
  /** Profiles that no engine takes any more: of an earlier version, or model. @type {Set<Profile>} */ refused =
    new Set();
  /** @type {WeakMap<Emovox, Map<string, Promise<Speaker>>>} */ #speakers = new WeakMap();
  /** The engines that there are, by model. @type {Map<string, Emovox>} */ #engines = new Map();

  constructor() {
    super();
    // Another tab has made somebody known, or forgotten: what the engines know of them is out of date.
    store.onChange(() => this.load());
  }

  async load() {
    const id = this.chosen?.id;
    this.list = await store.all().catch(() => this.list);
    this.#speakers = new WeakMap();
    this.refused = new Set();
    this.choose(id ?? '');
    await this.#check();
  }

  /**
   * An engine is there, which may refuse profiles that were made with another one.
   *
   * @param {Emovox} emovox
   * @param {'small' | 'large'} model
   */
  async meet(emovox, model) {
    this.#engines.set(model, emovox);
    await this.#check();
  }

  async #check() {
    for (const profile of [...this.list]) {
      const emovox = this.#engines.get(profile.model);
      if (!emovox || this.refused.has(profile)) continue;
      const error = await this.#speaker(emovox, profile).then(() => null, EmovoxError.from);
      if (!error?.code.startsWith('profile-') || !this.list.includes(profile)) continue;
      this.refused.add(profile);
      if (this.chosen === profile) this.chosen = null;
      this.#changed();
      this.dispatchEvent(new CustomEvent('refused', { detail: profile.name }));
    }
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
    return { profile, speaker: await this.#speaker(emovox, profile) };
  }

  /**
   * @param {Emovox} emovox
   * @param {Profile} profile
   * @returns {Promise<Speaker>}
   */
  #speaker(emovox, { id, bytes }) {
    const open = this.#speakers.get(emovox) ?? new Map();
    this.#speakers.set(emovox, open);
    if (!open.has(id)) {
      const made = emovox.speaker(bytes);
      open.set(id, made);
      made.catch(() => open.delete(id));
    }
    return open.get(id);
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
   * Makes somebody known, who is then the chosen one. Who was refused under this name is replaced.
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
      const before = this.list.findIndex((profile) => profile.name === name && this.refused.has(profile));
      const id = this.list[before]?.id ?? `${Date.now()}`;
      const profile = { id, name, model, bytes: await speaker.save(), seconds, weight };
      if (before < 0) this.list.push(profile);
      else this.list[before] = profile;
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
