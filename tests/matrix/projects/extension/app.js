// What everybody's first program is: a file in, an emotion out.

import { Emovox } from './node_modules/emovox/dist/lib/inline.js';

document.querySelector('input').onchange = async ({ target }) => {
  try {
    const emovox = await Emovox.create({ microphone: true });
    const { emotion } = await emovox.analyze(target.files[0]);
    await emovox.close();
    document.body.dataset.emotion = emotion;
  } catch (error) {
    document.body.dataset.error = `${error.code}: ${error.message}`;
  }
};
