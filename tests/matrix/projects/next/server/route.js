import { Emovox } from 'emovox';

export async function POST(request) {
  const emovox = await Emovox.create();
  const { emotion } = await emovox.analyze(await request.arrayBuffer());
  return new Response(emotion);
}
