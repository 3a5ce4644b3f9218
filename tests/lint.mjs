// Formatting and static checks of everything in the repository.
// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ensure, main, root } from '../src/deps/setup.mjs';

const cFiles = ['include', 'src', 'tests'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true })
    .filter((file) => /\.[ch]$/.test(file))
    .map((file) => path.join(folder, file)),
);

await main(async () => {
  await ensure({ npm: true, lint: true });
  const checks = [
    ['clang-format', '--dry-run', '-Werror', ...cFiles],
    ['node_modules/.bin/biome', 'check', '--config-path', 'web', 'web', 'tests', 'src', 'package.json'],
    ['node_modules/.bin/tsc', '-p', 'web', '--noEmit'],
    ['node_modules/.bin/tsc', '-p', 'web/tsconfig.sw.json', '--noEmit'], // with a service worker's globals
  ];
  for (const [command, ...args] of checks) {
    console.log(`${path.basename(command)} …`);
    const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
});
