// SPDX-License-Identifier: MIT
//
// npm run docs: web/lib/README.md, the reference, from the JSDoc in web/lib. With --check, says whether it is current.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installNpm, main, root, run, SetupError } from '../../src/deps/setup.mjs';
import { build, lib } from './build.mjs';

const tools = join(root, 'web/docs');
const reference = join(root, 'web/lib/README.md');

const titles = {
  emovox: '`emovox`',
  element: '`emovox/element`',
  export: '`emovox/export`',
  result: 'Results',
  errors: 'Errors',
};

const introduction = `<!-- Made by \`npm run docs\` from the comments in this folder: change those. -->

# emovox: reference

How to begin is in the [README](../../README.md) of the project; what changed, in the [changelog](CHANGELOG.md).
`;

/** @returns {Promise<string>} the reference as it should be */
export async function makeReference() {
  installNpm(tools);
  const out = await mkdtemp(join(tmpdir(), 'emovox-docs-'));
  try {
    const entries = Object.keys(titles).map((name) => join(lib, `${name}.d.ts`));
    const compilerOptions = {
      lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable', 'esnext.disposable'],
      module: 'esnext',
      moduleResolution: 'bundler',
      types: [],
      skipLibCheck: true,
    };
    const tsconfig = join(out, 'tsconfig.json');
    await writeFile(tsconfig, JSON.stringify({ compilerOptions, files: entries }));
    const options = {
      entryPoints: entries,
      tsconfig,
      out,
      plugin: [join(tools, 'node_modules/typedoc-plugin-markdown/dist/index.js')],
      outputFileStrategy: 'modules',
      modulesFileName: 'modules',
      readme: 'none',
      mergeReadme: true,
      hidePageHeader: true,
      hideBreadcrumbs: true,
      hidePageTitle: true,
      disableSources: true,
      excludePrivate: true,
      excludeInternal: true,
      excludeExternals: true, // what the element has from HTMLElement
      sort: ['source-order'],
      parametersFormat: 'table',
      typeDeclarationFormat: 'table',
      logLevel: 'Error',
    };
    const settings = join(out, 'typedoc.json');
    await writeFile(settings, JSON.stringify(options));
    const typedoc = join(tools, 'node_modules/typedoc/bin/typedoc');
    run(process.execPath, [typedoc, '--options', settings], { quiet: true });
    const pages = await Promise.all(
      Object.keys(titles).map(async (name) => {
        const text = await readFile(join(out, `${name}.md`), 'utf8');
        return `# ${titles[name]}\n\n${text}`;
      }),
    );
    const files = /\((emovox|element|export|result|errors)\.md(#[^)]*)?\)/g;
    return `${introduction}\n${pages
      .join('\n')
      .replace(files, (_, name, hash) => `(${hash ?? `#${name}`})`)
      .trim()}\n`;
  } finally {
    await rm(out, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await build();
    const text = await makeReference();
    if (!process.argv.includes('--check')) return writeFile(reference, text);
    if ((await readFile(reference, 'utf8').catch(() => '')) !== text)
      throw new SetupError('web/lib/README.md is not current: npm run docs.');
  });
}
