// SPDX-License-Identifier: MIT
//
// What only those who call the library come upon: see errors.js, where the codes are explained.

export const messages = {
  closed: 'This Emovox object is closed; create a new one.',
  'bad-option': 'There is no such option, or its value is of the wrong type.',
  'too-short': 'The recording is too short to judge. Record at least a sentence.',
  'not-finite': 'The audio holds samples that are not numbers. Export it again from the program that made it.',
  'sample-rate': 'The sample rate must be between 8000 and 192000 Hz. Convert the recording.',
  'microphone-denied':
    'The microphone is blocked. Allow it for this page in the browser and in the system settings, or choose a file.',
  'microphone-dismissed':
    'The question about the microphone was closed. Press record again and allow it, or choose a file.',
  'microphone-absent': 'No microphone was found. Connect one, or choose a file.',
  'microphone-busy': 'The microphone is in use by another program. Close that program, or choose a file.',
  'microphone-suspended': 'The browser starts no audio before a click. Start recording from a click or a key press.',
  'microphone-unsupported': 'Recording needs a current browser and a page served over https. Choose a file instead.',
  'no-wasm-simd': 'This browser lacks WebAssembly SIMD. Update it: Chrome 91, Firefox 89, Safari 16.4 or later.',
  'worker-load':
    'The worker could not be started. Serve worker.js from the same origin as the page, or use emovox/inline.',
  'model-load':
    'The model could not be loaded. Check the connection, and that models/ is served beside the library; then reload.',
  'model-invalid': 'The model file is damaged or of another version. Install it again.',
  'file-mismatch': 'A file is not the one that belongs to this version of the library. Install them together.',
  'profile-invalid': "The speaker's profile is damaged. Enroll the speaker again.",
  'profile-version':
    "The speaker's profile was made with another version of emovox. Enroll the speaker again with this one.",
  'profile-model': "The speaker's profile was made with another model. Enroll the speaker again with this one.",
  'evidence-missing': 'This result holds no evidence. Analyse the recording again with the option evidence: true.',
  'evidence-model':
    "This result's evidence was given by another model. Judge it with that one, or analyse the recording again.",
};
