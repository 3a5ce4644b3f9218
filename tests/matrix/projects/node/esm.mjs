import { Emovox } from 'emovox';

const emovox = await Emovox.create();
const { emotion } = await emovox.analyze(new URL(process.argv[2]));
console.log(emotion);
