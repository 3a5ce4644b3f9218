// SPDX-License-Identifier: MIT
//
// npm start: builds what has changed and serves the page until Ctrl-C. PORT chooses the port.

import { main } from '../../src/deps/setup.mjs';
import { build, site } from './build.mjs';
import { pageHeaders } from './policy.mjs';
import { serve } from './serve.mjs';

const preferred = 8080;

await main(async () => {
  await build();
  const { PORT } = process.env;
  const server = PORT
    ? await serve(site, Number(PORT), pageHeaders())
    : await serve(site, preferred, pageHeaders()).catch((error) => {
        if (error.code !== 'EADDRINUSE') throw error;
        return serve(site, 0, pageHeaders());
      });
  console.log(`emovox is at ${server.url}  (Ctrl-C ends it)`);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      await server.close();
      process.exit(0);
    });
  }
});
