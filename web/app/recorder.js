// SPDX-License-Identifier: MIT
//
// The microphone: which one, how loud, pause and stop. Keeps what it hears until the visit ends, whatever becomes of the
// analysis.

import { EmovoxError } from 'emovox';
import { byId, element } from './dom.js';
import { clock, optional, t, timeOfDay } from './i18n.js';
import { button } from './result-view.js';
import { WavWriter } from './wav.js';
import { errorText } from './words.js';

/** @import { Analysis } from './analysis.js' */
/** @import { Emovox, Recording as Live } from 'emovox' */
/** @import { Recording, Session } from './recordings.js' */

const record = byId('record', HTMLButtonElement);
const doors = byId('doors', HTMLDivElement);
const panel = byId('recording', HTMLDivElement);
const time = byId('recording-time', HTMLElement);
const state = byId('recording-state', HTMLElement);
const level = byId('level', HTMLDivElement);
const pause = byId('pause', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);
const discard = byId('discard', HTMLButtonElement);
const devices = byId('device', HTMLSelectElement);
const help = byId('microphone-help', HTMLDivElement);

/** Decibels of full scale where the level meter begins: speech has about -40 to -10. */
const quietest = -60;

export class Recorder {
  #analysis;
  #session;
  #say;
  #openFile;
  /**
   * alone: the engine has crashed.
   * @type {{emovox: Emovox, live: Live, recording: Recording, kept: WavWriter, paused: boolean, alone: boolean} | null}
   */
  #now = null;

  /**
   * @param {Analysis} analysis
   * @param {Session} session
   * @param {(text: string) => void} say
   * @param {() => void} openFile the way on without a microphone
   */
  constructor(analysis, session, say, openFile) {
    this.#analysis = analysis;
    this.#session = session;
    this.#say = say;
    this.#openFile = openFile;
    record.addEventListener('click', () => this.start());
    stop.addEventListener('click', () => this.#stop());
    pause.addEventListener('click', () => this.#togglePause());
    discard.addEventListener('click', () => this.#discard());
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.listDevices());
    // Leaving would lose what is being recorded.
    addEventListener('beforeunload', (event) => {
      if (this.#now) event.preventDefault();
    });
    this.listDevices();
  }

  /** Fills the list of microphones; browsers name them once the microphone has been allowed. */
  async listDevices() {
    const all = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
    const inputs = all.filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId && deviceId !== 'default');
    const chosen = devices.value;
    const options = inputs.map(({ deviceId, label }, i) =>
      element('option', { value: deviceId }, label || t('input.deviceNumber', { n: i + 1 })),
    );
    devices.replaceChildren(element('option', { value: '' }, t('input.defaultDevice')), ...options);
    devices.value = inputs.some(({ deviceId }) => deviceId === chosen) ? chosen : '';
    byId('device-label', HTMLElement).hidden = inputs.length < 2;
  }

  async start() {
    if (record.disabled) return;
    record.disabled = true;
    help.hidden = true;
    this.#say(t('record.opening'));
    try {
      await this.#record();
    } catch (thrown) {
      this.#showHelp(EmovoxError.from(thrown));
    }
    record.disabled = false;
    const focused = panel.contains(document.activeElement);
    doors.hidden = false;
    panel.hidden = true;
    if (focused) record.focus();
    this.#now = null;
    this.listDevices();
  }

  async #record() {
    /** @type {WavWriter | null} */
    let kept = null;
    /** @type {Float32Array<ArrayBuffer>[]} */
    const early = [];
    const { emovox, live, recording, settled } = await this.#analysis.record(
      t('record.name', { time: timeOfDay(new Date()) }),
      {
        deviceId: devices.value,
        onLevel: (loudness) => this.#showLevel(loudness),
        onSamples: (block) => {
          if (kept) kept.push(block);
          else early.push(block);
        },
        // Also when the engine has crashed: it can be analysed again, or saved.
        sound: () => (kept && kept.samples > 0 ? kept.file() : null),
      },
    );
    kept = new WavWriter(live.sampleRate);
    for (const block of early) kept.push(block);
    this.#now = { emovox, live, recording, kept, paused: false, alone: false };
    this.#setPaused(false);
    doors.hidden = true;
    panel.hidden = false;
    stop.focus();
    this.#say(t('record.speak'));
    await settled;
  }

  /** @param {number} loudness 0..1 */
  #showLevel(loudness) {
    const decibels = 20 * Math.log10(Math.max(loudness, 1e-6));
    level.style.transform = `scaleX(${Math.min(1, Math.max(0, (decibels - quietest) / -quietest)).toFixed(3)})`;
    if (!this.#now) return;
    time.textContent = clock(this.#now.kept.samples / this.#now.live.sampleRate);
    if (!this.#now.emovox.ended || this.#now.alone) return;
    this.#now.alone = true;
    this.#say(t('record.alone'));
  }

  #stop() {
    this.#say(t('record.stopped')); // the verdict follows
    this.#now?.live.stop().catch(() => {});
  }

  #togglePause() {
    if (!this.#now) return;
    this.#setPaused(!this.#now.paused);
    if (this.#now.paused) this.#now.live.pause();
    else this.#now.live.resume();
    this.#say(t(this.#now.paused ? 'record.paused' : 'record.speak'));
  }

  /** @param {boolean} paused */
  #setPaused(paused) {
    if (this.#now) this.#now.paused = paused;
    pause.textContent = t(paused ? 'record.resume' : 'record.pause');
    state.textContent = t(paused ? 'record.paused' : 'record.live');
    panel.classList.toggle('paused', paused);
    if (paused) level.style.transform = 'scaleX(0)';
  }

  #discard() {
    if (this.#now) this.#session.remove(this.#now.recording);
  }

  /** Once the language has changed. */
  translate() {
    if (this.#now) this.#setPaused(this.#now.paused);
    help.hidden = true;
    this.listDevices();
  }

  /** @param {EmovoxError} error */
  #showHelp(error) {
    const text = errorText(error);
    help.replaceChildren(
      element('p', { class: 'failure' }, text),
      element('p', {}, optional('help', error.code) ?? ''),
      element(
        'p',
        { class: 'row' },
        button(t('help.again'), () => this.start()),
        button(t('help.file'), () => this.#openFile()),
      ),
    );
    help.dataset.code = error.code;
    help.hidden = false;
    this.#say(text);
  }
}
