'use client';

import { Emovox } from 'emovox';

async function analyze({ target }) {
  try {
    const emovox = await Emovox.create({ microphone: true });
    const { emotion } = await emovox.analyze(target.files[0]);
    await emovox.close();
    document.body.dataset.emotion = emotion;
  } catch (error) {
    document.body.dataset.error = `${error.code}: ${error.message}`;
  }
}

export default function Analyze() {
  return <input type="file" onChange={analyze} />;
}
