// SPDX-License-Identifier: MIT
//
// What <emovox-recorder> says. An emotion is its letter, a space, and the word that follows `sounds`.

/**
 * @typedef {typeof en & {emotions: Record<string, string>}} Texts
 * @typedef {Texts & {errors?: Record<string, string>}} Strings errors by code; without one, the library's own message
 */

const en = {
  title: 'Emotion in a voice',
  record: 'Record',
  pause: 'Pause',
  resume: 'Go on',
  stop: 'Stop',
  cancel: 'Cancel',
  choose: 'Choose a file',
  drop: 'or drop it here',
  note: 'Tells how a voice sounds, not what somebody feels. The audio stays on this device.',
  level: 'Loudness',
  loading: 'Loading…',
  waiting: 'Waiting for the microphone…',
  analyzing: 'Analysing…',
  recording: 'Recording. Speak now.',
  paused: 'Paused.',
  stopped: 'Stopped.',
  sounds: 'Sounds',
  votes: 'Votes',
  ofVotes: 'votes',
  mean: 'Mean probability',
  distribution: 'One vote for each stretch of the recording. Solid: votes; striped: mean probability.',
  timeline: 'Timeline',
  confidence: 'confidence',
  oneVote: 'A hint, there was time for one vote only',
  veryClear: 'Very clear',
  clear: 'Clear',
  fairlyClear: 'Fairly clear',
  mixed: 'Mixed',
  uncertain: 'No emotion stands out',
  noSpeech: 'No speech found',
  comeCloser: 'Try a longer recording with the voice closer to the microphone.',
  emotions: {
    neutral: 'N neutral',
    calm: 'C calm',
    happy: 'H happy',
    sad: 'S sad',
    angry: 'A angry',
    fearful: 'F fearful',
    disgust: 'D disgusted',
    surprised: 'U surprised',
    uncertain: '? uncertain',
    'no speech': '– no speech',
  },
};

/** @type {Texts & {errors: Record<string, string>}} */
const de = {
  title: 'Emotion in einer Stimme',
  record: 'Aufnehmen',
  pause: 'Pause',
  resume: 'Weiter',
  stop: 'Beenden',
  cancel: 'Abbrechen',
  choose: 'Datei wählen',
  drop: 'oder hier ablegen',
  note: 'Sagt, wie eine Stimme klingt, nicht, was jemand fühlt. Der Ton bleibt auf diesem Gerät.',
  level: 'Lautstärke',
  loading: 'Wird geladen …',
  waiting: 'Warten auf das Mikrofon …',
  analyzing: 'Wird ausgewertet …',
  recording: 'Aufnahme läuft. Bitte sprechen.',
  paused: 'Angehalten.',
  stopped: 'Beendet.',
  sounds: 'Klingt',
  votes: 'Stimmen',
  ofVotes: 'Stimmen',
  mean: 'Mitt\u00adlere Wahr\u00adschein\u00adlich\u00adkeit',
  distribution:
    'Jeder Abschnitt der Aufnahme hat eine Stimme. Gefüllt: Stimmen; gestreift: mittlere Wahrscheinlichkeit.',
  timeline: 'Verlauf',
  confidence: 'Konfidenz',
  oneVote: 'Nur ein Hinweis, die Zeit reichte für eine Stimme',
  veryClear: 'Sehr deutlich',
  clear: 'Deutlich',
  fairlyClear: 'Ziemlich deutlich',
  mixed: 'Gemischt',
  uncertain: 'Keine Emotion sticht hervor',
  noSpeech: 'Keine Sprache gefunden',
  comeCloser: 'Bitte länger aufnehmen, mit der Stimme näher am Mikrofon.',
  emotions: {
    neutral: 'N neutral',
    calm: 'R ruhig',
    happy: 'F fröhlich',
    sad: 'T traurig',
    angry: 'W wütend',
    fearful: 'Ä ängstlich',
    disgust: 'E angeekelt',
    surprised: 'Ü überrascht',
    uncertain: '? unklar',
    'no speech': '– keine Sprache',
  },
  errors: {
    empty: 'Die Datei enthält keinen Ton. Bitte eine mit einer Aufnahme wählen.',
    'too-short': 'Die Aufnahme ist zu kurz. Bitte mindestens einen Satz aufnehmen.',
    undecodable: 'Die Datei ist nicht als Ton lesbar. Bitte eine WAV-, MP3-, M4A-, Ogg-, FLAC- oder WebM-Datei wählen.',
    'microphone-denied':
      'Das Mikrofon ist gesperrt. Bitte im Browser und im System für diese Seite erlauben oder eine Datei wählen.',
    'microphone-dismissed':
      'Die Frage nach dem Mikrofon blieb offen. Bitte noch einmal aufnehmen und es erlauben oder eine Datei wählen.',
    'microphone-absent': 'Kein Mikrofon gefunden. Bitte eines anschließen oder eine Datei wählen.',
    'microphone-busy': 'Ein anderes Programm benutzt das Mikrofon. Bitte dieses beenden oder eine Datei wählen.',
    'microphone-suspended': 'Der Browser hat die Aufnahme nicht gestartet. Bitte noch einmal auf „Aufnehmen“ drücken.',
    'microphone-unsupported': 'Aufnehmen geht nur mit aktuellem Browser und über https. Bitte eine Datei wählen.',
    'no-wasm-simd': 'Dieser Browser ist zu alt. Bitte aktualisieren: ab Chrome 91, Firefox 89 oder Safari 16.4.',
    'worker-load':
      'Ein Teil des Programms wurde nicht geladen. Bitte die Verbindung prüfen und es noch einmal versuchen.',
    memory: 'Der Speicher des Browsers reicht nicht. Bitte andere Tabs schließen und es noch einmal versuchen.',
  },
};

/** @type {Texts & {errors: Record<string, string>}} */
const pl = {
  title: 'Emocja w głosie',
  record: 'Nagraj',
  pause: 'Wstrzymaj',
  resume: 'Wznów',
  stop: 'Zakończ',
  cancel: 'Anuluj',
  choose: 'Wybierz plik',
  drop: 'lub upuść go tutaj',
  note: 'Mówi, jak głos brzmi, a nie co ktoś czuje. Dźwięk pozostaje na tym urządzeniu.',
  level: 'Głośność',
  loading: 'Ładowanie…',
  waiting: 'Czekanie na mikrofon…',
  analyzing: 'Analiza…',
  recording: 'Nagrywanie trwa. Proszę mówić.',
  paused: 'Wstrzymano.',
  stopped: 'Zakończono.',
  sounds: 'Brzmi',
  votes: 'Głosy',
  ofVotes: 'głosów',
  mean: 'Śred\u00adnie praw\u00addo\u00adpodo\u00adbień\u00adstwo',
  distribution: 'Każdy odcinek nagrania ma jeden głos. Pełne: głosy; w paski: średnie prawdopodobieństwo.',
  timeline: 'Przebieg',
  confidence: 'pewność',
  oneVote: 'Tylko wskazówka, czasu starczyło na jeden głos',
  veryClear: 'Bardzo wyraźnie',
  clear: 'Wyraźnie',
  fairlyClear: 'Dość wyraźnie',
  mixed: 'Niejednolicie',
  uncertain: 'Żadna emocja się nie wyróżnia',
  noSpeech: 'Nie wykryto mowy',
  comeCloser: 'Proszę nagrać dłużej, z głosem bliżej mikrofonu.',
  emotions: {
    neutral: 'N neutralnie',
    calm: 'S spokojnie',
    happy: 'R radośnie',
    sad: 'M smutno',
    angry: 'G gniewnie',
    fearful: 'L lękliwie',
    disgust: 'O z odrazą',
    surprised: 'Z ze zdziwieniem',
    uncertain: '? niejasno',
    'no speech': '– brak mowy',
  },
  errors: {
    empty: 'W pliku nie ma dźwięku. Proszę wybrać plik z nagraniem.',
    'too-short': 'Nagranie jest za krótkie. Proszę nagrać przynajmniej jedno zdanie.',
    undecodable: 'Tego pliku nie można odczytać jako dźwięku. Proszę wybrać plik WAV, MP3, M4A, Ogg, FLAC lub WebM.',
    'microphone-denied':
      'Mikrofon jest zablokowany. Proszę zezwolić na niego w przeglądarce i w systemie albo wybrać plik.',
    'microphone-dismissed':
      'Pytanie o mikrofon zostało bez odpowiedzi. Proszę nagrać jeszcze raz i zezwolić albo wybrać plik.',
    'microphone-absent': 'Nie znaleziono mikrofonu. Proszę go podłączyć albo wybrać plik.',
    'microphone-busy': 'Mikrofonu używa inny program. Proszę go zamknąć albo wybrać plik.',
    'microphone-suspended': 'Przeglądarka nie rozpoczęła nagrywania. Proszę jeszcze raz nacisnąć „Nagraj”.',
    'microphone-unsupported': 'Nagrywanie wymaga aktualnej przeglądarki i https. Proszę wybrać plik.',
    'no-wasm-simd': 'Ta przeglądarka jest za stara. Proszę ją zaktualizować: Chrome 91, Firefox 89, Safari 16.4.',
    'worker-load': 'Nie udało się załadować części programu. Proszę sprawdzić połączenie i spróbować ponownie.',
    memory: 'Przeglądarce brakuje pamięci. Proszę zamknąć inne karty i spróbować ponownie.',
  },
};

for (const { errors } of [de, pl]) {
  for (const part of ['wasm', 'model', 'decoder']) errors[`${part}-load`] = errors['worker-load'];
}

/** By language, without a region. @type {Record<string, Strings>} */
export const strings = { en, de, pl };
