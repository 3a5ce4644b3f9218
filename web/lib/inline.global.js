// SPDX-License-Identifier: MIT
//
// The library as a classic script that fetches nothing: its global is `emovox`. The build puts in what it consists of,
// and makes inline.js, which exports the same, a module of two lines beside it.

import { Emovox, EmovoxError } from './emovox.js';

Object.assign(globalThis, { emovox: { Emovox, EmovoxError } });
