// SPDX-License-Identifier: MIT
//
// A page with nothing but the modules of the real one that offline.test.js and waveform.test.js try.

import WaveSurfer from 'wavesurfer.js';
import { onIncomingFiles, requestedAction } from '../../../web/app/incoming.js';
import { fetchModel, isStored, models, removeModel } from '../../../web/app/models.js';
import { watchServiceWorker } from '../../../web/app/offline.js';
import { watchTraffic } from '../../../web/app/traffic.js';
import { trustOnlyOurs } from '../../../web/app/trusted.js';

trustOnlyOurs();

const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
Object.assign(globalThis, { WaveSurfer, fetchModel, isStored, models, removeModel, watchTraffic, worker });

const { dataset } = document.body;
dataset.version = VERSION;
dataset.action = String(requestedAction());
dataset.files = '';
onIncomingFiles(async (files) => {
  for (const file of files) dataset.files += `${file.name} ${file.type} ${await file.text()};`;
});
watchServiceWorker({
  onReady: () => {
    dataset.ready = '';
  },
  onUpdate: (apply) => {
    dataset.update = '';
    Object.assign(globalThis, { apply });
  },
  onFailure: () => {
    dataset.failure = '';
  },
});
