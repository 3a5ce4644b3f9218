// SPDX-License-Identifier: MIT
//
// A thread of the command line: analyses the files that it is told.

import { parentPort, workerData } from 'node:worker_threads';
import { load, thisThread } from './analyze.js';

const lane = load(workerData.model).then((emovox) => thisThread(emovox, workerData.options));

parentPort?.on('message', async (/** @type {string} */ file) => {
  const { analyze } = await lane;
  parentPort?.postMessage(await analyze(file, (share) => parentPort?.postMessage(share)));
});
