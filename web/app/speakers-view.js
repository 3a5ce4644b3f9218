// SPDX-License-Identifier: MIT
//
// Making the model know somebody: a text to read aloud, or a recording.

import { EmovoxError } from 'emovox';
import { byId, element } from './dom.js';
import { number, optional, percent, t } from './i18n.js';
import { button } from './result-view.js';
import { errorText } from './words.js';

/** @import { Speaker } from 'emovox' */
/** @import { Analysis } from './analysis.js' */
/** @import { Profiles } from './profiles.js' */
/** @import { Settings } from './settings.js' */

const name = byId('speaker-name', HTMLInputElement);
const record = byId('enroll', HTMLButtonElement);
const file = byId('enroll-file', HTMLInputElement);
const progress = byId('enroll-progress', HTMLProgressElement);
const note = byId('enroll-note', HTMLParagraphElement);
const list = byId('speaker-list', HTMLUListElement);
const select = byId('speaker', HTMLSelectElement);

/** How much to read, in seconds, and the least that is of use. */
const enough = 20;
const least = 5;

export class SpeakersView {
  #profiles;
  #analysis;
  #settings;
  #say;
  /** Ends the recording that is under way. @type {(() => void) | null} */ #stop = null;

  /**
   * @param {Profiles} profiles
   * @param {Analysis} analysis
   * @param {Settings} settings
   * @param {(text: string, options?: {seen: boolean}) => void} say
   */
  constructor(profiles, analysis, settings, say) {
    this.#profiles = profiles;
    this.#analysis = analysis;
    this.#settings = settings;
    this.#say = say;
    profiles.addEventListener('change', () => this.render());
    select.addEventListener('change', () => profiles.choose(select.value));
    record.addEventListener('click', () =>
      this.#stop ? this.#stop() : this.#enroll((speaker) => this.#read(speaker)),
    );
    file.addEventListener('change', () => {
      const [chosen] = file.files ?? [];
      file.value = '';
      if (chosen) this.#enroll((speaker) => speaker.enroll(chosen));
    });
  }

  render() {
    const { list: profiles, chosen, refused } = this.#profiles;
    const { model } = this.#settings;
    select.replaceChildren(
      element('option', { value: '' }, t('input.stranger')),
      ...profiles.map((profile) =>
        element(
          'option',
          { value: profile.id, disabled: profile.model !== model || refused.has(profile) },
          profile.name,
        ),
      ),
    );
    select.value = chosen?.id ?? '';
    byId('speaker-label', HTMLElement).hidden = profiles.length === 0;
    if (profiles.length === 0) {
      list.replaceChildren(element('li', { class: 'hint' }, t('speakers.none')));
      return;
    }
    list.replaceChildren(
      ...profiles.map((profile) => {
        const values = { seconds: number(profile.seconds), weight: percent(profile.weight) };
        const known = t('speakers.known', values);
        const other = profile.model === model ? '' : ` (${t('speakers.otherModel')})`;
        const useless = refused.has(profile);
        const again = button(t('speakers.again'), () => {
          name.value = profile.name;
          record.focus();
        });
        const sorry = () => this.#say(t('history.unavailable'));
        const remove = button('×', () => this.#profiles.remove(profile).catch(sorry), {
          class: 'remove',
          'aria-label': t('speakers.delete', { name: profile.name }),
        });
        return element(
          'li',
          {},
          element(
            'span',
            { class: 'lines' },
            element('span', { class: 'file' }, profile.name),
            element('span', { class: 'hint' }, useless ? t('speakers.refused') : known + other),
          ),
          ...(useless ? [again] : []),
          remove,
        );
      }),
    );
  }

  /** Once the language has changed. */
  translate() {
    this.render();
    record.textContent = t(this.#stop ? 'speakers.stop' : 'speakers.record');
    note.textContent = '';
  }

  /** @param {(speaker: Speaker) => Promise<import('emovox').Adaptation>} teach */
  async #enroll(teach) {
    const called = name.value.trim();
    if (!called) {
      this.#tell(t('speakers.needName'));
      name.focus();
      return;
    }
    record.disabled = file.disabled = true;
    try {
      const emovox = await this.#analysis.engine();
      const { profile, kept } = await this.#profiles.enroll(emovox, this.#settings.model, called, teach);
      this.#tell(t(kept ? 'speakers.saved' : 'speakers.unkept', { name: called, seconds: number(profile.seconds) }));
      name.value = '';
    } catch (thrown) {
      const error = EmovoxError.from(thrown);
      this.#tell(optional('enroll', error.code) ?? errorText(error));
    }
    this.#stop = null;
    record.disabled = file.disabled = false;
    record.textContent = t('speakers.record');
    progress.hidden = true;
  }

  /** @param {string} text */
  #tell(text) {
    note.textContent = text;
    this.#say(text, { seen: true });
  }

  /**
   * Twenty seconds of reading aloud.
   * @param {Speaker} speaker
   */
  async #read(speaker) {
    const emovox = await this.#analysis.engine();
    let samples = 0;
    const live = await emovox.listen({
      speaker,
      enroll: true,
      onSamples: (block) => {
        samples += block.length;
        const seconds = samples / live.sampleRate;
        progress.value = seconds / enough;
        const left = Math.max(0, Math.ceil(enough - seconds));
        note.textContent = t('speakers.recording', { left });
        if (seconds >= enough || emovox.ended) live.stop();
      },
    });
    this.#stop = () => live.stop();
    record.disabled = false;
    record.textContent = t('speakers.stop');
    progress.hidden = false;
    this.#say(t('record.speak'));
    const { adaptation } = await live.finished;
    if (!adaptation || samples / live.sampleRate < least) throw new EmovoxError('too-short');
    return adaptation;
  }
}
