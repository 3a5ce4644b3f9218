// SPDX-License-Identifier: MIT
//
// The recipes, as they stand in web/lib/RECIPES.md.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { analyzeIn, build, project } from './harness.js';

const recipes = readFileSync(new URL('../../web/lib/RECIPES.md', import.meta.url), 'utf8');

for (const [framework, language] of [
  ['react', 'jsx'],
  ['vue', 'vue'],
  ['svelte', 'svelte'],
]) {
  test(`the recipe for ${framework}`, async () => {
    const folder = project('recipes', { shared: false });
    const [, code] = recipes.match(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's')) ?? [];
    writeFileSync(join(folder, `Emotion.${language}`), String(code));
    writeFileSync(join(folder, 'main.js'), `import './watch.js';\nimport './${framework}.js';\n`);
    build(folder, 'vite', 'build');
    await analyzeIn(join(folder, 'dist'), { microphone: false });
  });
}
