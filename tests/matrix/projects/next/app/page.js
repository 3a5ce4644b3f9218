import { Emovox } from 'emovox';
import Analyze from './analyze.js';

export default function Page() {
  return (
    <>
      <p>{Emovox.name} on the server</p>
      <Analyze />
    </>
  );
}
