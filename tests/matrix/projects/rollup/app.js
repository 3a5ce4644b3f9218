// What everybody's first program is: a file in, an emotion out.

import { Emovox } from 'emovox';

document.querySelector('input').onchange = async ({ target }) => {
  try {
    const emovox = await Emovox.create({ microphone: true, baseUrl: 'emovox/', worker: 'emovox/worker.js' });
    const { emotion } = await emovox.analyze(target.files[0]);
    await emovox.close();
    document.body.dataset.emotion = emotion;
  } catch (error) {
    document.body.dataset.error = `${error.code}: ${error.message}`;
  }
};
