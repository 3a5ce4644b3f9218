// SPDX-License-Identifier: MIT
//
// Model, prior, threshold, hop and what the browser may do to the microphone.

import { byId, element } from './dom.js';
import { megabytes, number, percent, t } from './i18n.js';
import { fetchModel, isStored, models, removeModel } from './models.js';
import { defaults, linkWith, loadSettings, storageKey, storeSettings } from './settings.js';
import { errorText } from './words.js';

/** @import { Analysis } from './analysis.js' */
/** @import { Settings } from './settings.js' */

const prior = byId('prior', HTMLSelectElement);
const threshold = byId('threshold', HTMLInputElement);
const hop = byId('hop', HTMLSelectElement);
const small = byId('model-small', HTMLInputElement);
const large = byId('model-large', HTMLInputElement);
const download = byId('model-download', HTMLDivElement);
const progress = byId('model-progress', HTMLProgressElement);
const progressText = byId('model-progress-text', HTMLElement);
const remove = byId('model-remove', HTMLButtonElement);

/** Seconds that the hop may be; the model's own is added. */
const hops = [0.5, 1, 2, 4];

const flags = /** @type {const} */ (['echo', 'noise', 'gain']);

export class SettingsView {
  #settings;
  #analysis;
  #say;
  #changed;
  /** Facts about the model in use. @type {{hopSeconds: number, threshold: number}} */ #model = {
    hopSeconds: 2,
    threshold: 0,
  };
  /** @type {AbortController | null} */ #download = null;

  /**
   * @param {Settings} settings the object in use; changed in place
   * @param {Analysis} analysis
   * @param {(text: string) => void} say
   * @param {() => void} changed
   */
  constructor(settings, analysis, say, changed) {
    this.#settings = settings;
    this.#analysis = analysis;
    this.#say = say;
    this.#changed = changed;
    prior.addEventListener('change', () => this.#set({ prior: prior.value === 'even' ? 'even' : 'everyday' }));
    threshold.addEventListener('input', () => this.#set({ threshold: Number(threshold.value) / 100 }));
    hop.addEventListener('change', () => this.#set({ hop: Number(hop.value) }));
    for (const name of flags) {
      const box = byId(name, HTMLInputElement);
      box.addEventListener('change', () => this.#set({ [name]: box.checked }));
    }
    small.addEventListener('change', () => this.#set({ model: 'small' }));
    large.addEventListener('change', () => this.#useLarge());
    remove.addEventListener('click', async () => {
      await removeModel('large');
      this.#set({ model: 'small' });
    });
    byId('model-cancel', HTMLButtonElement).addEventListener('click', () => this.#download?.abort());
    byId('settings-reset', HTMLButtonElement).addEventListener('click', () => {
      const { language } = settings;
      this.#set({ ...defaults(), language });
    });
    // In another tab; the language is this one's own.
    addEventListener('storage', ({ key }) => {
      if (key !== storageKey) return;
      Object.assign(settings, loadSettings(), { language: settings.language });
      changed();
      this.render();
    });
    for (const node of document.querySelectorAll('.copy-link')) {
      node.addEventListener('click', () => this.#copyLink());
    }
  }

  /** @param {Partial<Settings>} change */
  #set(change) {
    Object.assign(this.#settings, change);
    storeSettings(this.#settings);
    this.#changed();
    this.render();
  }

  /** @param {{hopSeconds: number, threshold: number}} model that is in use now */
  know(model) {
    this.#model = model;
    this.render();
  }

  async render() {
    const { model, threshold: below, hop: every } = this.#settings;
    small.checked = model === 'small';
    large.checked = model === 'large' || this.#download !== null;
    prior.value = this.#settings.prior;
    const share = below ?? this.#model.threshold;
    threshold.value = String(Math.round(share * 100));
    const shown = percent(share);
    byId('threshold-value', HTMLElement).textContent = below === null ? t('settings.default', { value: shown }) : shown;
    const own = this.#model.hopSeconds;
    const options = [...new Set([...hops, own])].sort((a, b) => a - b);
    hop.replaceChildren(
      ...options.map((value) => {
        const text = t('settings.seconds', { seconds: number(value, value % 1 ? 1 : 0) });
        return element('option', { value }, value === own ? t('settings.default', { value: text }) : text);
      }),
    );
    hop.value = String(every ?? own);
    for (const name of flags) byId(name, HTMLInputElement).checked = this.#settings[name];
    const bytes = (/** @type {'small' | 'large'} */ name) => ({ bytes: megabytes(models[name].bytes) });
    byId('model-small-note', HTMLElement).textContent = t('settings.smallNote', bytes('small'));
    const stored = await isStored('large');
    byId('model-large-note', HTMLElement).textContent = t(
      stored ? 'settings.largeStored' : 'settings.largeNote',
      bytes('large'),
    );
    remove.hidden = !stored;
    for (const name of /** @type {const} */ (['small', 'large'])) {
      const right = t('settings.accuracy', { share: percent(EMOVOX_FIGURES.ravdess[name].uar) });
      byId(`model-${name}-accuracy`, HTMLElement).textContent = right;
    }
    download.hidden = this.#download === null;
  }

  /** Downloads it first, unless it is here. */
  async #useLarge() {
    if (this.#download) return;
    this.#download = new AbortController();
    this.render();
    try {
      await fetchModel('large', {
        signal: this.#download.signal,
        onProgress: ({ loaded, total }) => {
          progress.value = total ? loaded / total : 0;
          const values = { loaded: megabytes(loaded), total: megabytes(total ?? models.large.bytes) };
          progressText.textContent = t('settings.downloading', values);
        },
      });
      this.#download = null;
      this.#set({ model: 'large' });
      this.#analysis.engine().catch(() => {}); // says itself why it fails, when it is needed
    } catch (error) {
      const { code = 'model-load', message } = /** @type {any} */ (error);
      if (!this.#download?.signal.aborted) this.#say(errorText(/** @type {any} */ ({ code, message })));
      this.#download = null;
      this.#set({ model: 'small' });
    }
  }

  async #copyLink() {
    const link = linkWith(this.#settings);
    try {
      await navigator.clipboard.writeText(link);
      this.#say(t('status.copied'));
    } catch {
      window.history.replaceState(null, '', link);
      this.#say(t('status.notCopied'));
    }
  }
}
