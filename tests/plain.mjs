// SPDX-License-Identifier: MIT
//
// Builds of the library, the tool and its tests without sanitizers, by a compiler of choice.

import path from 'node:path';
import { root, run } from '../src/deps/setup.mjs';

const cxx = { gcc: 'g++', clang: 'clang++' };

/**
 * @param {'gcc' | 'clang'} compiler
 * @param {string} level of optimisation: -O0 ...
 * @returns {string} the folder
 */
export function buildPlain(compiler, level) {
  const folder = path.join(root, `build/plain/${compiler}${level}`);
  const { EMOVOX_DEPS: deps } = process.env;
  const options = {
    CMAKE_BUILD_TYPE: 'Release',
    CMAKE_C_COMPILER: compiler,
    CMAKE_CXX_COMPILER: cxx[compiler],
    EMOVOX_OPTIMIZE: level,
    EMOVOX_TESTS: 'plain',
    ...(deps && { EMOVOX_DEPS: deps }),
  };
  const defines = Object.entries(options).map(([name, value]) => `-D${name}=${value}`);
  console.error(`Building ${path.relative(root, folder)} …`);
  run('cmake', ['-G', 'Ninja', '-S', root, '-B', folder, ...defines], { quiet: true });
  run('cmake', ['--build', folder], { quiet: true });
  return folder;
}
