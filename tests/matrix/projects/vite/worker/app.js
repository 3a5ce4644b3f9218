// The same, with a worker that the bundler has been asked for by name.

import { Emovox } from 'emovox';
import EmovoxWorker from 'emovox/worker?worker';

document.querySelector('input').onchange = async ({ target }) => {
  try {
    const emovox = await Emovox.create({ microphone: true, worker: () => new EmovoxWorker() });
    const { emotion } = await emovox.analyze(target.files[0]);
    await emovox.close();
    document.body.dataset.emotion = emotion;
  } catch (error) {
    document.body.dataset.error = `${error.code}: ${error.message}`;
  }
};
