// SPDX-License-Identifier: MIT
//
// The page: brings its parts together. Hooks for tests: #file, #record, #pause, #stop, #cancel, #status, #recordings,
// and #result with data-state (empty, waiting, live, working, done, failed), data-emotion, data-agreement and
// data-error.

import { EmovoxError } from 'emovox';
import { renderAbout } from './about-view.js';
import { Analysis } from './analysis.js';
import { CompareView } from './compare-view.js';
import { byId, element } from './dom.js';
import { HistoryView } from './history-view.js';
import { emotionName, language, languages, megabytes, percent, setLanguage, t } from './i18n.js';
import { onIncomingFiles, requestedAction } from './incoming.js';
import { List } from './list.js';
import { watchServiceWorker } from './offline.js';
import { Profiles } from './profiles.js';
import { Recorder } from './recorder.js';
import { Session, tally } from './recordings.js';
import { ResultView } from './result-view.js';
import { printReport } from './save.js';
import { loadSettings, storeSettings } from './settings.js';
import { SettingsView } from './settings-view.js';
import { SpeakersView } from './speakers-view.js';
import { watchTraffic } from './traffic.js';
import { trustOnlyOurs } from './trusted.js';
import { allVotes, errorText, headline } from './words.js';

/** @import { Emovox } from 'emovox' */
/** @import { Recording } from './recordings.js' */
/** @import { Judged } from './save.js' */

trustOnlyOurs();

const file = byId('file', HTMLInputElement);
const status = byId('status', HTMLParagraphElement);
const retry = byId('retry', HTMLButtonElement);
const result = byId('result', HTMLElement);
const empty = byId('empty', HTMLDivElement);
const samples = byId('samples', HTMLDetailsElement);

/** Milliseconds between two updates of what is shown: more often nobody can read it. */
const updateMilliseconds = 250;

const settings = loadSettings();
await setLanguage(settings.language)
  .catch(() => setLanguage('en'))
  .catch((error) => {
    // The one sentence that is not among the page's words: they could not be fetched.
    status.textContent = 'The page could not be loaded. Check the connection, then try again.';
    status.classList.add('failed');
    document.body.dataset.error = 'words';
    retry.hidden = false;
    retry.addEventListener('click', () => location.reload());
    addEventListener('online', () => location.reload());
    throw error;
  });
const session = new Session();
const profiles = new Profiles();
const analysis = new Analysis(session, settings, profiles, ({ loaded, total }) => {
  if (document.body.dataset.ready !== undefined || !total) return;
  // Not said aloud: a live region that changes all the time is noise.
  status.dataset.loading = t('status.loadingShare', { loaded: megabytes(loaded), total: megabytes(total) });
});
profiles.addEventListener('refused', (event) => {
  say(t('status.refused', { name: /** @type {CustomEvent<string>} */ (event).detail }));
});
const list = new List(session);
const recorder = new Recorder(analysis, session, say, () => file.click());
const compare = new CompareView(session);
const speakers = new SpeakersView(profiles, analysis, settings, say);
const settingsView = new SettingsView(settings, analysis, say, () => {
  speakers.render();
  if (failure) load(); // another model may be there
});
const history = new HistoryView(session, say, (recording) => {
  session.picked = true;
  session.show(recording);
  location.hash = '#listen';
});

/**
 * The one live region: what it says is announced, and said only once.
 * @param {string} text
 * @param {{seen?: boolean}} [options] seen: #result shows the same, so that only those who listen need it
 */
function say(text, { seen = false } = {}) {
  delete status.dataset.loading;
  if (status.textContent !== text) status.textContent = text;
  status.classList.toggle('visually-hidden', seen);
}

// ---- engine ----

/** @type {Emovox | null} */
let emovox = null;

/** Why it is not there. @type {EmovoxError | null} */
let failure = null;

async function load() {
  retry.hidden = true;
  failure = null;
  status.classList.remove('failed');
  delete document.body.dataset.error;
  say(t('status.loading'));
  try {
    emovox = await analysis.engine();
    settingsView.know(emovox.model);
    renderAbout(emovox);
    document.body.dataset.ready = '';
    if (status.textContent === t('status.loading')) say(t('status.ready'));
  } catch (thrown) {
    failure = EmovoxError.from(thrown);
    status.classList.add('failed');
    document.body.dataset.error = failure.code;
    say(errorText(failure));
    retry.hidden = false;
  }
}

// ---- what is shown ----

/** @type {{recording: Recording, view: ResultView} | null} */
let face = null;
let updateAt = 0;
let scheduled = 0;

/** What was last said of a live recording: its emotion. */
let spoken = '';

session.addEventListener('change', (event) => {
  const recording = /** @type {CustomEvent<Recording>} */ (event).detail;
  const before = known.get(recording);
  known.set(recording, { state: recording.state, verdict: recording.result });
  const changed = before?.state !== recording.state;
  announce(recording, changed);
  // Only when it has come: what was deleted from the history, or came before that was turned on, is not put there.
  if (changed && recording.state === 'done' && history.automatic && !recording.kept) {
    history.keep(/** @type {Judged} */ (recording));
  }
  // Judged again since it was kept.
  if (!changed && recording.kept && recording.result !== before?.verdict) {
    history.keep(/** @type {Judged} */ (recording));
  }
  // What has begun is shown, unless the user picked another.
  if (recording.state === 'working' && !session.picked && session.shown?.state !== 'working') session.shown = recording;
  const settled = recording.state === 'done' || recording.state === 'failed';
  if (settled) clearTimeout(scheduled);
  else if (scheduled) return;
  const wait = Math.max(0, updateAt + updateMilliseconds - performance.now());
  scheduled = window.setTimeout(render, settled ? 0 : Math.min(wait, updateMilliseconds)); // clocks may be set back
});

/** Each as it was last. @type {WeakMap<Recording, {state: Recording['state'], verdict: Recording['result']}>} */
const known = new WeakMap();

/**
 * @param {Recording} recording
 * @param {boolean} changed since the last time
 */
function announce(recording, changed) {
  const { name, state, result: verdict, error, segments } = recording;
  if (state === 'live') {
    const { emotion, all } = tally(segments.slice(-1));
    const now = all > 0 ? emotion : '';
    if (now && now !== spoken) say(t('record.now', { emotion: emotionName(now) }), { seen: true });
    spoken = now || spoken;
  }
  if (!changed) return;
  const seen = session.shown === recording;
  if (state === 'working') say(t('status.working', { name }), { seen });
  if (state === 'failed' && error) say(t('status.failed', { name, message: errorText(error) }), { seen });
  if (state === 'done' && verdict) {
    const message = headline(verdict.emotion);
    const agreement = percent(verdict.agreement);
    const heard = allVotes(verdict) > 0;
    say(heard ? t('status.verdict', { name, verdict: message, agreement }) : t('status.failed', { name, message }), {
      seen,
    });
  }
}

function render() {
  scheduled = 0;
  updateAt = performance.now();
  list.update();
  if (session.list.length > 0 && samples.dataset.used === undefined) {
    samples.dataset.used = '';
    samples.open = false; // makes room
  }
  const recording = session.shown;
  if (face && face.recording !== recording) {
    face.view.close();
    face = null;
  }
  if (!recording) {
    result.replaceChildren(empty);
    result.dataset.state = 'empty';
    return;
  }
  const focused = result.contains(document.activeElement) ? document.activeElement : null;
  if (!face) {
    const view = new ResultView(recording, {
      cancel: ({ abort }) => abort.abort(),
      again: (again) => analysis.run(again),
      keep: (judged) => history.keep(judged),
      print: (judged) => printReport(judged, byId('report', HTMLElement)),
      logMel: async (audio, options) => (await analysis.engine()).logMel(audio, options),
    });
    face = { recording, view };
    result.replaceChildren(...view.nodes);
  }
  face.view.update();
  const { state, result: verdict, error } = recording;
  setData('emotion', verdict?.emotion);
  setData('agreement', verdict?.agreement.toFixed(4));
  setData('error', state === 'failed' ? error?.code : undefined);
  result.dataset.state = state;
  // Where the focus was in what is gone, it goes on in what came.
  if (focused && !focused.isConnected)
    /** @type {HTMLElement} */ (result.querySelector('button:not(:disabled)') ?? file).focus();
}

/**
 * @param {string} name
 * @param {string | undefined} value
 */
function setData(name, value) {
  if (value === undefined) delete result.dataset[name];
  else result.dataset[name] = value;
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  face?.view.redraw();
  if (view === 'compare') compare.render();
});

// ---- views ----

let view = 'listen';

function showView() {
  say('');
  const wanted = location.hash.slice(1);
  const links = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('nav a'));
  const known = [...links].some(({ dataset }) => dataset.view === wanted);
  if (!known && wanted) return; // the skip link
  view = known ? wanted : 'listen';
  for (const link of links) {
    if (link.dataset.view === view) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
    byId(`view-${link.dataset.view}`, HTMLElement).hidden = link.dataset.view !== view;
  }
  renderView();
}

function renderView() {
  if (view === 'compare') compare.render();
  if (view === 'history') history.render();
  if (view === 'speakers') speakers.render();
  if (view === 'settings') settingsView.render();
}

// ---- files ----

/** @param {Iterable<File>} files */
function open(files) {
  const all = [...files];
  if (all.length === 0) return;
  session.picked = false;
  if (view !== 'listen') location.hash = '#listen';
  for (const one of all) analysis.open(one, one.name, { show: one === all[0] && session.shown?.state !== 'working' });
}

file.addEventListener('change', () => {
  const files = [...(file.files ?? [])];
  file.value = ''; // so that the same file can be chosen again
  open(files);
});

const dropping = byId('dropping', HTMLDivElement);
for (const type of ['dragenter', 'dragover']) {
  document.addEventListener(type, (event) => {
    if (!(/** @type {DragEvent} */ (event).dataTransfer?.types.includes('Files'))) return;
    event.preventDefault();
    dropping.hidden = false;
  });
}
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) dropping.hidden = true;
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  dropping.hidden = true;
  open(event.dataTransfer?.files ?? []);
});
document.addEventListener('paste', (event) => {
  const files = event.clipboardData?.files ?? [];
  if (files.length === 0) return;
  event.preventDefault();
  open(files);
});
for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('[data-sample]'))) {
  button.addEventListener('click', async () => {
    try {
      const response = await fetch(`./samples/${button.dataset.sample}`);
      if (!response.ok) throw new Error(`${response.status}`);
      open([new File([await response.blob()], String(button.dataset.sample))]);
    } catch {
      say(errorText(new EmovoxError('model-load', t('error.decoder-load'))));
    }
  });
}
onIncomingFiles(open);
if (requestedAction()) byId('record', HTMLButtonElement).focus(); // browsers want a click before they record

// ---- language ----

const languageChoice = byId('language', HTMLSelectElement);
for (const [code, name] of Object.entries(languages)) {
  languageChoice.append(element('option', { value: code, lang: code }, name));
}
languageChoice.addEventListener('change', async () => {
  await setLanguage(languageChoice.value).catch(() => {}); // without a network it stays as it is
  languageChoice.value = settings.language = language;
  storeSettings(settings);
  retranslate();
});
languageChoice.value = language;

/** Says all again that the page's own text does not hold. */
function retranslate() {
  say(failure ? errorText(failure) : '');
  if (face) {
    face.view.close();
    face = null;
  }
  if (session.shown) render();
  list.translate();
  recorder.translate();
  speakers.translate();
  settingsView.render();
  showTraffic();
  if (emovox) renderAbout(emovox);
  renderView();
}

// ---- privacy ----

/** @type {import('./traffic.js').Traffic | null} */
let traffic = null;

function showTraffic() {
  if (!traffic) return;
  const { requests, bytesSent } = traffic;
  byId('traffic', HTMLElement).textContent =
    bytesSent === null
      ? t('privacy.requests', { n: requests })
      : t('privacy.measured', { n: requests, bytes: bytesSent });
}

/** Until the service worker, if there is one, sees what the page asks for: from then on it can measure. */
function controlled() {
  const container = navigator.serviceWorker;
  if (!container || container.controller) return;
  return new Promise((resolve) => {
    container.addEventListener('controllerchange', resolve, { once: true });
    setTimeout(resolve, 2000); // a page that was reloaded with Shift stays without
  });
}

// ---- start ----

byId('update', HTMLButtonElement).addEventListener('click', () => applyUpdate());
let applyUpdate = () => location.reload();
const stored = watchServiceWorker({
  onReady: () => {
    document.body.dataset.offline = '';
  },
  onUpdate: (apply) => {
    applyUpdate = apply;
    byId('notice', HTMLElement).hidden = false;
  },
  onFailure: () => {
    if (!failure) say(t('status.notStored'));
  },
});
addEventListener('hashchange', showView);
retry.addEventListener('click', load);
addEventListener('online', () => {
  if (failure) load();
});
showView();
profiles.load();
await load();
await stored; // what is fetched until then is the page itself
await controlled();
watchTraffic((measured) => {
  traffic = measured;
  showTraffic();
});
