// Makes sure that what a command needs is installed and built. Says what it does, asks nothing, and where it cannot
// install something, says exactly what to install.
// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

const [nodeMajor, nodeMinor] = process.versions.node.split('.').map(Number);

/** A failure whose message tells the person what to do; printed without a stack. */
export class SetupError extends Error {}

/** Runs a command in the repository; throws a SetupError if it fails. `quiet` shows its output only then. */
export function run(command, args, { cwd = root, quiet = false, env = {}, hint = '' } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    // Debian's Emscripten brings a node of its own: ours must stay the one that is found.
    env: { ...process.env, PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`, ...env },
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  if (result.status === 0) return;
  const output = quiet ? `\n${result.stdout ?? ''}${result.stderr ?? ''}` : '';
  const reason = result.error ? result.error.message : `exit status ${result.status ?? result.signal}`;
  throw new SetupError(`${command} ${args.join(' ')}: ${reason}${output}${hint && `\n${hint}`}`);
}

/** The path of a program on the PATH, or undefined. */
export function which(program) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not there: next
    }
  }
  return undefined;
}

/** The browser that tests drive: $CHROMIUM, or what is on the PATH. */
export function findChromium() {
  return process.env.CHROMIUM ?? which('chromium') ?? which('chromium-browser') ?? which('google-chrome');
}

/** $FIREFOX, or what is on the PATH. */
export function findFirefox() {
  return process.env.FIREFOX ?? which('firefox-esr') ?? which('firefox');
}

const header = (name) => () => ['/usr/include', '/usr/local/include'].some((dir) => existsSync(path.join(dir, name)));
const program = (name) => () => which(name) !== undefined;

// What each part needs: how to see whether it is there, and the Debian packages that bring it.
const build = [
  { name: 'CMake', present: program('cmake'), packages: ['cmake'] },
  { name: 'Ninja', present: program('ninja'), packages: ['ninja-build'] },
  { name: 'xz', present: program('xz'), packages: ['xz-utils'] },
];
const needs = {
  native: [
    ...build,
    { name: 'a C compiler', present: program('cc'), packages: ['gcc', 'libc6-dev'] },
    { name: 'a C++ compiler', present: program('c++'), packages: ['g++'] },
    { name: 'libsndfile', present: header('sndfile.h'), packages: ['libsndfile1-dev'] },
    { name: 'cpuinfo', present: header('cpuinfo.h'), packages: ['libcpuinfo-dev'] },
    { name: 'cmocka', present: header('cmocka.h'), packages: ['libcmocka-dev'] },
    // Their sources: a test has one made that writes a decimal comma.
    { name: 'locales', present: () => existsSync('/usr/share/i18n/locales/de_DE'), packages: ['locales'] },
  ],
  wasm: [...build, { name: 'Emscripten', present: program('emcc'), packages: ['emscripten'] }],
  // Beside the Emscripten that fetch-emscripten.sh brings.
  relaxed: [
    { name: 'clang 19', present: program('clang-19'), packages: ['clang-19'] },
    { name: 'lld 19', present: program('wasm-ld-19'), packages: ['lld-19'] },
    { name: 'LLVM 19', present: program('llvm-ar-19'), packages: ['llvm-19'] },
  ],
  // Beside what native needs.
  clang: [
    { name: 'clang', present: program('clang'), packages: ['clang', 'libclang-rt-14-dev'] },
    { name: "LLVM's tools", present: program('llvm-profdata-14'), packages: ['llvm-14'] },
  ],
  python: [{ name: 'Python 3', present: program('python3'), packages: ['python3'] }],
  chromium: [{ name: 'Chromium', present: () => findChromium() !== undefined, packages: ['chromium'] }],
  // Without a sound card, Firefox takes no audio in or out: PulseAudio stands in for one.
  firefox: [
    { name: 'Firefox', present: () => findFirefox() !== undefined, packages: ['firefox-esr'] },
    { name: 'PulseAudio', present: program('pulseaudio'), packages: ['pulseaudio'] },
    { name: 'paplay', present: program('paplay'), packages: ['pulseaudio-utils'] },
  ],
  webkit: [
    { name: 'WebKitWebDriver', present: program('WebKitWebDriver'), packages: ['webkit2gtk-driver'] },
    { name: 'Xvfb', present: program('Xvfb'), packages: ['xvfb'] },
  ],
  bench: [
    { name: 'Python 3', present: program('python3'), packages: ['python3'] },
    {
      name: 'venv',
      present: () => spawnSync('python3', ['-c', 'import ensurepip']).status === 0,
      packages: ['python3-venv'],
    },
  ],
  lint: [{ name: 'clang-format', present: program('clang-format'), packages: ['clang-format'] }],
  npm: [],
};

needs.fuzz = needs.coverage = [...needs.native, ...needs.clang];
needs.sanitized = needs.wasm;
needs.compilers = [...needs.native, { name: 'gcc', present: program('gcc'), packages: ['gcc', 'g++'] }, needs.clang[0]];
needs.valgrind = [...needs.native, { name: 'Valgrind', present: program('valgrind'), packages: ['valgrind'] }];

function installPackages(missing) {
  const packages = [...new Set(missing.flatMap((need) => need.packages))];
  const names = missing.map((need) => need.name).join(', ');
  const byHand = `Missing: ${names}. Install by hand, then run this again:\n  apt-get install ${packages.join(' ')}\n(or what brings the same on your system)`;
  if (!which('apt-get')) throw new SetupError(byHand);
  const isRoot = process.getuid?.() === 0;
  const sudo = !isRoot && which('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0;
  if (!isRoot && !sudo) throw new SetupError(`No root rights here. ${byHand}`);
  console.error(`Installing ${packages.join(' ')} …`);
  const apt = (args) => {
    const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args];
    if (sudo) command.unshift('sudo', '-n');
    run(command[0], command.slice(1), { quiet: true, hint: byHand });
  };
  apt(['update']);
  apt(['install', '-y', '--no-install-recommends', ...packages]);
}

/** Installs what the lock file of a folder names. */
export function installNpm(folder = root) {
  const lock = readFileSync(path.join(folder, 'package-lock.json'));
  const stamp = path.join(folder, 'node_modules', '.emovox-lock');
  const digest = createHash('sha256').update(lock).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.error('Installing JavaScript tools with npm …');
  // Not `npm ci`: npm 11 refuses lock files without registry addresses. The checksums are verified all the same.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    quiet: true,
    hint: 'The npm registry must be within reach once; then nothing is fetched any more.',
  });
  writeFileSync(stamp, digest);
}

function fetchSources() {
  const folder = path.join(root, 'build', 'deps');
  mkdirSync(folder, { recursive: true });
  run('sh', ['src/deps/fetch.sh', folder], {
    quiet: true,
    hint: 'XNNPACK and the other sources could not be fetched: src/deps/fetch.sh says how to bring them by hand.',
  });
}

function buildPreset(preset, configure, targets = ['all'], env = {}) {
  const start = Date.now();
  // Debian's emcc looks for the acorn package where Debian's own node would.
  const debianModules = '/usr/share/nodejs';
  const all = { ...(existsSync(debianModules) ? { NODE_PATH: debianModules } : {}), ...env };
  if (!existsSync(path.join(root, 'build', preset, 'build.ninja'))) {
    console.error(`Configuring build/${preset} …`);
    run(configure[0], configure.slice(1), { quiet: true, env: all });
  }
  console.error(`Building build/${preset} …`);
  run('cmake', ['--build', '--preset', preset, '--target', ...targets], { quiet: true, env: all });
  console.error(`  done in ${((Date.now() - start) / 1000).toFixed(0)} s`);
}

/** The module with relaxed SIMD; there only where it could be built from the sources as they are. */
export const relaxedWasm = path.join(root, 'build/relaxed/emovox-relaxed.wasm');

/** Where fetch-emscripten.sh puts what it fetches; `failed` in it says why that failed. */
const ownEmscripten = path.join(root, 'build/emscripten-relaxed');

/**
 * An Emscripten that makes valid relaxed SIMD: the system's if it is 3.1.69 or newer, or else one that is fetched.
 * @returns {{emcc: string, emcmake: string, env?: Record<string, string>}}
 */
export function relaxedEmscripten() {
  const { stdout } = spawnSync('emcc', ['--version'], { encoding: 'utf8' });
  const [major, minor, patch] = (/\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '0.0.0').split('.').map(Number);
  if (major * 1e6 + minor * 1e3 + patch >= 3_001_069) return { emcc: 'emcc', emcmake: 'emcmake' };
  // Where it failed it is not tried again with every command: without a network, that takes its time.
  const failed = path.join(ownEmscripten, 'failed');
  if (existsSync(failed)) throw new SetupError(readFileSync(failed, 'utf8'));
  try {
    fetchEmscripten();
  } catch (error) {
    mkdirSync(ownEmscripten, { recursive: true });
    writeFileSync(failed, error.message);
    throw error;
  }
  const home = path.join(ownEmscripten, 'usr/share/emscripten');
  const env = { EM_CONFIG: path.join(home, '.emscripten') };
  return { emcc: path.join(home, 'emcc'), emcmake: path.join(home, 'emcmake'), env };
}

function fetchEmscripten() {
  const missing = needs.relaxed.filter((need) => !need.present());
  try {
    if (missing.length) installPackages(missing);
  } catch {
    const packages = missing.flatMap((need) => need.packages).join(' ');
    throw new SetupError(`Install what it needs: apt-get install ${packages}.`);
  }
  if (!existsSync(path.join(ownEmscripten, '.unpacked'))) console.error('Fetching another Emscripten, 250 MB …');
  const { status, stderr } = spawnSync('sh', ['src/deps/fetch-emscripten.sh', ownEmscripten], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new SetupError(stderr?.trim().split('\n').at(-1) || 'src/deps/fetch-emscripten.sh failed.');
}

let complained = false;

/** The Emscripten for the faster module, or nothing where there shall be none or can be none; then says why, once. */
function findRelaxedEmscripten() {
  if (process.env.EMOVOX_RELAXED === '0') return undefined;
  try {
    return relaxedEmscripten();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    const again = `To try again, remove ${path.relative(root, ownEmscripten)}/failed.`;
    if (!complained) console.error(`Going on without the faster emovox-relaxed.wasm. ${error.message} ${again}`);
    complained = true;
    return undefined;
  }
}

/**
 * Installs and builds what is asked for, skipping what is there.
 * @param {{native?: boolean, wasm?: boolean, npm?: boolean, chromium?: boolean, firefox?: boolean, webkit?: boolean,
 *   python?: boolean, lint?: boolean, bench?: boolean, sanitized?: boolean, fuzz?: boolean, coverage?: boolean,
 *   compilers?: boolean, valgrind?: boolean}} parts
 *   native: build/native (command-line tool and C tests); wasm: build/wasm/emovox.wasm and, where it can be made and
 *   the environment does not say EMOVOX_RELAXED=0, build/relaxed/emovox-relaxed.wasm; npm: node_modules;
 *   chromium, firefox, webkit, python, lint: the programs; bench: the modules that only `npm run bench` needs;
 *   sanitized: those of `npm run sanitized`; fuzz, coverage: the builds of those names; compilers,
 *   valgrind: what those commands build with
 */
export async function ensure(parts) {
  if (nodeMajor < 20 || (nodeMajor === 20 && nodeMinor < 19))
    throw new SetupError(`Node ${process.versions.node} is too old: install Node 20.19 or newer.`);
  const missing = Object.keys(parts)
    .filter((part) => parts[part])
    .flatMap((part) => needs[part])
    .filter((need) => !need.present());
  if (missing.length) installPackages(missing);
  if (parts.npm) installNpm();
  const built = ['native', 'wasm', 'bench', 'sanitized', 'fuzz', 'coverage', 'compilers', 'valgrind'];
  if (built.some((part) => parts[part]) && !process.env.EMOVOX_DEPS) fetchSources();
  const deps = process.env.EMOVOX_DEPS ? [`-DEMOVOX_DEPS=${process.env.EMOVOX_DEPS}`] : [];
  for (const preset of ['native', 'fuzz', 'coverage']) {
    if (parts[preset]) buildPreset(preset, ['cmake', '--preset', preset, ...deps]);
  }
  if (parts.sanitized) {
    buildPreset('sanitized', ['emcmake', 'cmake', '--preset', 'sanitized', ...deps]);
    buildPreset('wasm', ['emcmake', 'cmake', '--preset', 'wasm', ...deps], ['emovox_safe_heap']);
  }
  const targets = [...(parts.wasm ? ['all'] : []), ...(parts.bench ? ['emovox_bench', 'emovox_named'] : [])];
  if (!targets.length) return;
  buildPreset('wasm', ['emcmake', 'cmake', '--preset', 'wasm', ...deps], targets);
  const relaxed = findRelaxedEmscripten();
  if (relaxed) buildPreset('relaxed', [relaxed.emcmake, 'cmake', '--preset', 'relaxed', ...deps], targets, relaxed.env);
  else rmSync(relaxedWasm, { force: true }); // what an earlier build left is of other sources
}

/** Runs a script's main function; prints SetupErrors as plain text and exits 1 on any error. */
export async function main(task) {
  try {
    await task();
  } catch (error) {
    console.error(error instanceof SetupError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
