// SPDX-License-Identifier: MIT
//
// The command line in JavaScript: as the native one on the same files, and whatever goes wrong.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeWav, readWav } from './audio.js';
import { assertClose } from './close.js';
import { nativeResults } from './native.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cli = join(root, 'dist/lib/cli.js');
const data = join(root, 'tests/data');
const wav = join(data, 'formats/angry.wav');
const flac = join(data, 'speech/03-01-04-02-01-01-12.flac');
const [long, anger] = ['long.opus', 'EB0_anger_1.opus'].map((name) => join(data, 'speech', name));
const tiny = join(data, 'golden/tiny.safetensors');
const angry = readWav(wav);

/** @type {string} */ let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emovox-command-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param {string[]} args @param {import('node:child_process').SpawnSyncOptions} [options] */
function emovox(args, options) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { maxBuffer: 1 << 28, ...options });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** @param {string} text @returns {any[]} */
const lines = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** Without what the native tool does not say. @param {any} result */
const shared = ({ schema, engine, ...rest }) => rest;
/** Without what may differ from run to run. @param {any} result */
const steady = ({ engine, ...rest }) => rest;

describe('as the native build', () => {
  const exact = readdirSync(data, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(wav|flac)$/.test(name))
    .map((name) => join(data, name));

  test('WAV and FLAC', () => {
    assert.ok(exact.length > 3);
    const { status, stdout, stderr } = emovox(['--json', ...exact]);
    assert.deepEqual([status, stderr], [0, '']);
    const results = lines(stdout);
    assert.equal(results[0].schema, 'emovox.result/2');
    assert.deepEqual(Object.keys(results[0]).slice(0, 2), ['file', 'schema']);
    assertClose(results.map(shared), nativeResults(exact), 1e-4);
  });

  test('lossy formats, nearly', () => {
    const files = [
      ...['mp3', 'opus.ogg', 'vorbis.ogg'].map((name) => join(data, `formats/angry.${name}`)),
      long,
      anger,
    ];
    const prior = ['--prior', 'even']; // with the other, two emotions of one clip are nearly as likely
    const results = lines(emovox(['--json', ...prior, ...files]).stdout);
    for (const [i, native] of nativeResults(files, prior).entries()) {
      const result = results[i];
      assert.equal(result.emotion, native.emotion, native.file);
      assertClose(result.votes, native.votes, 1, native.file); // padding may bring one more segment
      assertClose(result.probabilities, native.probabilities, 0.1, native.file);
      assert.ok(Math.abs(result.duration - native.duration) < 0.1, native.file);
    }
  });

  test('--same-speaker: all are heard, then each is judged by all, in order and however many at a time', () => {
    const files = exact.filter((path) => path.endsWith('.flac'));
    for (const model of ['small', tiny]) {
      const options = ['--same-speaker', '--model', model];
      const results = lines(emovox(['--json', ...options, ...files]).stdout);
      assert.ok(results[0].adaptation.seconds > 5);
      assert.deepEqual(results[0].adaptation, results.at(-1).adaptation);
      assert.deepEqual(
        results.map(({ file }) => file),
        files,
      );
      assertClose(results.map(shared), nativeResults(files, options), 1e-4);
      const threads = lines(emovox(['--json', '--workers', '2', ...options, ...files]).stdout);
      assert.deepEqual(threads.map(steady), results.map(steady));
    }
    const alone = lines(emovox(['--json', '--model', tiny, ...files]).stdout);
    const adapted = lines(emovox(['--json', '--model', tiny, '--same-speaker', ...files]).stdout);
    assert.equal(alone[0].adaptation, undefined);
    for (const i of [0, files.length - 1]) assert.notDeepEqual(adapted[i].probabilities, alone[i].probabilities);
    const missing = emovox(['--json', '--same-speaker', files[0], 'nowhere.wav', ...files.slice(1)]);
    assert.equal(missing.status, 1);
    const [first, second, ...rest] = lines(missing.stdout);
    assert.equal(second.error.code, 'unreadable');
    assert.deepEqual(
      [first, ...rest].map(steady),
      lines(emovox(['--json', '--same-speaker', ...files]).stdout).map(steady),
    );
  });

  test('--prior, --labels and --evidence', () => {
    for (const options of [
      ['--prior', 'even'],
      ['--prior', 'neutral=2,sad=0.5'],
      ['--labels', 'neutral,happy,sad,angry'],
      ['--labels', 'sad,angry', '--prior', 'angry=0', '--threshold', '0', '--evidence'],
    ]) {
      const expected = nativeResults(exact, options);
      assertClose(lines(emovox(['--json', ...options, ...exact]).stdout).map(shared), expected, 1e-4);
    }
  });

  test('judge: what --json --evidence wrote, in another light and as one person’s', () => {
    const written = join(folder, 'results.jsonl');
    const { stdout } = emovox(['--json', '--evidence', ...exact, 'nowhere.wav']);
    writeFileSync(written, stdout);
    const audio = (/** @type {string[]} */ ...options) =>
      lines(emovox(['--json', '--evidence', ...options, ...exact, 'nowhere.wav']).stdout).map(steady);
    for (const options of [
      [],
      ['--prior', 'even', '--threshold', '0.9'],
      ['--labels', 'neutral,happy,sad,angry'],
      ['--same-speaker', '--prior', 'neutral=2,sad=0.5'],
    ]) {
      const judged = emovox(['judge', '--json', ...options, written]);
      assert.deepEqual([judged.status, judged.stderr], [1, '']);
      const results = lines(judged.stdout).map(steady);
      assertClose(results, audio(...options), 1e-5);
      assert.equal(results.at(-1).error.code, 'unreadable');
      const piped = emovox(['judge', '--json', ...options, '-'], { input: stdout });
      assert.deepEqual(piped, judged);
      assertClose(lines(emovox(['judge', '--json', '-'], { input: judged.stdout }).stdout).map(steady), audio(), 1e-5);
    }
    const table = emovox(['judge', written]);
    assert.match(
      table.stdout,
      /angry\.wav {2}\(3\.4 s\)\n {2}angry, probability \d+ %, agreement 100 %: 1 segment voted\n/,
    );
    assert.match(table.stderr, /^nowhere\.wav: Cannot open the file: ENOENT\.\n$/);
    const out = join(folder, 'out');
    assert.equal(emovox(['judge', '--vtt', '--out', out, written]).status, 1);
    assert.equal(readdirSync(out).length, exact.length);
  });

  test('judge: what it cannot judge', () => {
    const [line] = emovox(['--json', '--evidence', wav]).stdout.split('\n');
    const { evidence, ...without } = JSON.parse(line);
    const input = [line, JSON.stringify(without), line.slice(0, 99), '7', ''].join('\n');
    const { status, stdout } = emovox(['judge', '--json', '-'], { input });
    assert.equal(status, 1);
    const [good, ...bad] = lines(stdout);
    assert.equal(good.emotion, 'angry');
    assert.deepEqual(
      bad.map(({ file, error }) => [file, error.code]),
      [
        [wav, 'evidence-missing'],
        ['-:3', 'bad-input'],
        ['-:4', 'bad-input'],
      ],
    );
    for (const [args, text, message] of /** @type {[string[], string, RegExp][]} */ ([
      [['--model', tiny], line, /angry\.wav: .*another model/],
      [[], '', /^-: There is no result in it\.\n$/],
      [[], readFileSync(fileURLToPath(import.meta.url), 'utf8'), /^-: This is not JSON\..*\n$/],
    ])) {
      const judged = emovox(['judge', ...args, '-'], { input: text });
      assert.deepEqual([judged.status, judged.stdout], [1, '']);
      assert.match(judged.stderr, message);
    }
    assert.match(emovox(['judge', join(folder, 'none.jsonl')]).stderr, /none\.jsonl: Cannot open the file: ENOENT\./);
  });

  test('--hop and --threshold', () => {
    for (const options of [
      ['--hop', '0.5'],
      ['--threshold', '0.9'],
      ['--hop', '1', '--threshold', '0'],
    ]) {
      const expected = nativeResults(exact, options);
      assertClose(lines(emovox(['--json', ...options, ...exact]).stdout).map(shared), expected, 1e-4);
      const threads = lines(emovox(['--json', '--workers', '2', ...options, ...exact]).stdout);
      assertClose(threads.map(shared), expected, 1e-4);
    }
    const segments = (/** @type {string[]} */ ...options) =>
      lines(emovox(['--json', '--rate', '16000', ...options, '-'], { input: Buffer.alloc(2 * 16000 * 10) }).stdout)[0]
        .segments.length;
    assert.deepEqual([segments(), segments('--hop', '0.25'), segments('--hop', '4')], [4, 25, 3]);
    assert.equal(nativeResults([wav], ['--threshold', '0.99'])[0].emotion, 'uncertain');
  });

  test('raw PCM through standard input', () => {
    const [native] = nativeResults([wav]);
    const s16 = makeWav(angry.samples, 16000).subarray(44);
    const stereo = Buffer.from(
      Float32Array.from({ length: 2 * angry.samples.length }, (_, i) => angry.samples[i >> 1]).buffer,
    );
    for (const [input, args] of /** @type {[Buffer, string[]][]} */ ([
      [s16, []],
      [Buffer.concat([s16, Buffer.of(1)]), ['--format', 's16']],
      [stereo, ['--format', 'f32', '--channels', '2']],
    ])) {
      const { status, stdout } = emovox(['--json', '--rate', '16000', ...args, '-'], { input });
      assert.equal(status, 0);
      assertClose(shared(lines(stdout)[0]), { ...native, file: '-' }, 1e-4);
    }
    emovox(['--vtt', '--out', folder, '--rate', '16000', '-'], { input: s16 });
    assert.deepEqual(readdirSync(folder), ['stdin.vtt']);
    const none = emovox(['--json', '--rate', '16000', '-'], { input: '' });
    assert.deepEqual([none.status, lines(none.stdout)[0].error.code], [1, 'empty']);
  });
});

describe('output', () => {
  test('a table for people', () => {
    const { status, stdout } = emovox([wav]);
    assert.equal(status, 0);
    assert.match(stdout, /angry, probability \d+ %, agreement 100 %: 1 segment voted\n {2}intensity \d+ %\n/);
    assert.match(stdout, /^ {2}angry +1 +\d+ %$/m);
    assert.match(stdout, /^ +0:00\.0 - +0:03\.4 {2}angry +\d+ %$/m);
    const silence = join(folder, 'silence.wav');
    writeFileSync(silence, makeWav(new Float32Array(80000), 16000));
    assert.match(emovox([silence]).stdout, /\(5\.0 s\)\n {2}no speech\n/);
    assert.match(emovox(['--same-speaker', wav]).stdout, /3\.\d s of the speaker known, verdicts adapted by \d+ %/);
  });

  test('the same in every locale', () => {
    const env = { ...process.env, LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' };
    assert.equal(emovox([wav], { env }).stdout, emovox([wav], { env: { ...env, LC_ALL: 'C' } }).stdout);
  });

  test('--csv, --vtt and --audacity to standard output for one file, next to each of several', () => {
    const files = ['a.flac', 'b.flac'].map((name) => join(folder, name));
    for (const file of files) copyFileSync(flac, file);
    for (const [option, extension, beginning] of /** @type {[string, string, RegExp][]} */ ([
      ['--csv', 'csv', /^start,end,label,.*\r\n0,3\.8705,fearful,0\.\d+,/],
      ['--vtt', 'vtt', /^WEBVTT\n\n00:00:00\.000 --> 00:00:03\.871\nfearful, \d+ %\n$/],
      ['--audacity', 'txt', /^0\.000000\t3\.870500\tfearful, \d+ %\n$/],
    ])) {
      const one = emovox([option, files[0]]);
      assert.match(one.stdout, beginning);
      const { status, stdout } = emovox([option, ...files]);
      assert.deepEqual([status, stdout], [0, '']);
      for (const file of files) assert.equal(readFileSync(`${file}.${extension}`, 'utf8'), one.stdout);
    }
  });

  test('folders, with --workers, keep their order and shape; --resume skips what is there', () => {
    mkdirSync(join(folder, 'in/deep'), { recursive: true });
    for (const name of ['b.flac', 'a.wav', 'deep/a.wav'])
      copyFileSync(name.endsWith('wav') ? wav : flac, join(folder, 'in', name));
    writeFileSync(join(folder, 'in/notes.txt'), 'no recording');
    const input = join(folder, 'in');
    const one = lines(emovox(['--json', input]).stdout);
    assert.deepEqual(
      one.map(({ file }) => file),
      ['a.wav', 'b.flac', 'deep/a.wav'].map((name) => join(input, name)),
    );
    const many = emovox(['--json', '--workers', '3', input]);
    assert.deepEqual([many.status, many.stderr], [0, '']);
    assert.deepEqual(lines(many.stdout).map(steady), one.map(steady));

    const out = join(folder, 'out/json');
    const args = ['--json', '--out', out, '--resume', '--workers', '2', input];
    assert.deepEqual(emovox(args), { status: 0, stdout: '', stderr: '' });
    const written = ['a.wav.json', 'b.flac.json', 'deep', 'deep/a.wav.json'];
    assert.deepEqual(readdirSync(out, { recursive: true, encoding: 'utf8' }).sort(), written);
    assert.deepEqual(steady(JSON.parse(readFileSync(join(out, 'b.flac.json'), 'utf8'))), steady(one[1]));
    rmSync(join(out, 'deep'), { recursive: true });
    const before = statSync(join(out, 'a.wav.json')).mtimeMs;
    assert.equal(emovox(args).status, 0);
    assert.equal(statSync(join(out, 'a.wav.json')).mtimeMs, before);
    assert.deepEqual(readdirSync(out, { recursive: true, encoding: 'utf8' }).sort(), written);
    assert.equal(emovox(args).status, 0);
  });

  test('a reader that has enough ends it quietly', () => {
    const { status, stderr } = spawnSync('sh', [
      '-c',
      `"$0" "$1" --json ${'"$2" '.repeat(9)} | head -c 1`,
      process.execPath,
      cli,
      wav,
    ]);
    assert.deepEqual([status, stderr.toString()], [0, '']);
  });
});

describe('what goes wrong', () => {
  /** @param {string} name @param {Uint8Array} bytes */
  function file(name, bytes) {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  for (const workers of ['1', '3']) {
    test(`one bad file does not stop the rest, ${workers} at a time`, () => {
      const bytes = readFileSync(wav);
      /** @type {[string, string][]} */
      const cases = [
        [join(folder, 'nowhere.wav'), 'unreadable'],
        [file('nothing.wav', new Uint8Array()), 'empty'],
        [file('text.wav', Buffer.from('not audio at all')), 'undecodable'],
        [file('cut.wav', bytes.subarray(0, 30000)), 'undecodable'],
        [file('cut.flac', readFileSync(flac).subarray(0, 20000)), 'undecodable'],
        [file('short.wav', makeWav(angry.samples.slice(0, 7000), 16000)), 'too-short'],
        [file('slow.wav', makeWav(angry.samples, 4000)), 'sample-rate'],
      ];
      const { status, stdout } = emovox(['--json', '--workers', workers, ...cases.map(([path]) => path), wav]);
      assert.equal(status, 1);
      const results = lines(stdout);
      assert.deepEqual(
        results.slice(0, -1).map((line) => [line.file, line.error?.code]),
        cases,
      );
      for (const { error } of results.slice(0, -1)) assert.ok(error.message.length > 20);
      assert.equal(results.at(-1).emotion, 'angry');
    });
  }

  test('without --json, failures go to standard error', () => {
    const { status, stdout, stderr } = emovox(['nowhere.wav', wav]);
    assert.equal(status, 1);
    assert.match(stderr, /^nowhere\.wav: Cannot open the file: ENOENT\.\n$/);
    assert.match(stdout, /^.*angry\.wav {2}\(3\.4 s\)\n/);
  });

  test('where it cannot write, it says so and leaves nothing behind', () => {
    const out = file('taken', Buffer.from('a file'));
    const { status, stderr } = emovox(['--csv', '--out', out, wav]);
    assert.equal(status, 1);
    assert.match(stderr, /Cannot write .*taken.*: \w+\./);
    assert.deepEqual(readdirSync(folder), ['taken']);
  });

  test('a model that is missing or damaged; a folder without recordings', () => {
    const missing = emovox(['--model', 'medium', wav]);
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /^emovox: Cannot read the model medium: ENOENT\. Use small, large or/);
    const damaged = emovox(['--model', file('cut.safetensors', readFileSync(tiny).subarray(0, 1000)), wav]);
    assert.equal(damaged.status, 1);
    assert.match(damaged.stderr, /^emovox: /);
    const empty = emovox([folder.replace(/$/, '/')]);
    assert.equal(empty.status, 1);
  });

  test('wrong usage exits with 2 and names the option', () => {
    /** @type {[string[], RegExp][]} */
    const cases = [
      [[], /no recording/],
      [['--loud', wav], /--loud/],
      [['--model'], /--model/],
      [['--json', '--csv', wav], /--json and --csv/],
      [['--out', folder, wav], /--out needs/],
      [['--resume', '--json', wav], /--resume needs --out/],
      [['--workers', '0', wav], /--workers 0/],
      [['--workers', 'two', wav], /--workers two/],
      [['--same-speaker', '--resume', '--json', '--out', folder, wav], /--same-speaker and --resume/],
      [['--hop', '0.2', wav], /--hop 0\.2: use a number from 0\.25/],
      [['--hop', '4.1', wav], /--hop: use a number of seconds from 0\.25 to 4/],
      [['--hop', '1s', wav], /--hop 1s/],
      [['--threshold', '1.01', wav], /--threshold 1\.01: use a number from 0 to 1/],
      [['--threshold', 'nan', wav], /--threshold nan/],
      [['--prior', 'odd', wav], /--prior: use 'everyday', 'even', or weights.*'odd' is none of them/],
      [['--prior', 'sad=', wav], /--prior: use/],
      [['--prior', 'sad=-1', wav], /--prior: use/],
      [['--labels', 'sad', wav], /--labels: use a list of two or more of neutral, /],
      [['--labels', 'sad,odd', wav], /--labels: .*'odd' is none of them/],
      [['--evidence', wav], /--evidence needs --json/],
      [['judge'], /no results/],
      [['judge', '--hop', '1', wav], /judge takes no --hop/],
      [['judge', '--json', '--evidence', wav], /judge takes no --evidence/],
      [['-'], /--rate/],
      [['--rate', '16000', wav], /--rate is only/],
      [['--rate', '16000', '-', wav], /"-"/],
      [['--rate', '7', '-'], /--rate 7/],
      [['--rate', '16000', '--format', 's24', '-'], /--format s24/],
      [['--rate', '16000', '--channels', '33', '-'], /--channels 33/],
      [['--csv', '--out', folder, wav, wav], /two recordings would be written to/],
    ];
    for (const [args, message] of cases) {
      const { status, stdout, stderr } = emovox(args);
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, message);
      assert.match(stderr, /^emovox: .*\(see emovox --help\)\n$/);
    }
  });

  for (const workers of ['1', '2']) {
    test(`Ctrl-C ends it at once and leaves no half file, ${workers} at a time`, async () => {
      const much = new Float32Array(16000 * 1800);
      for (let at = 0; at + angry.samples.length <= much.length; at += angry.samples.length)
        much.set(angry.samples, at);
      const hour = file('hour.wav', makeWav(much, 16000));
      const out = join(folder, 'out');
      const args = ['--json', '--out', out, '--workers', workers, wav, hour, file('b.wav', readFileSync(hour))];
      const child = spawn(process.execPath, [cli, ...args]);
      let said = '';
      child.stderr.on('data', (text) => {
        said += text;
      });
      const ended = new Promise((resolve) => child.on('close', resolve));
      while (!readdirSync(folder).includes('out') && child.exitCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
      const interrupted = Date.now();
      child.kill('SIGINT');
      assert.equal(await ended, 130);
      assert.ok(Date.now() - interrupted < 2000);
      assert.equal(said, '');
      assert.deepEqual(readdirSync(out), ['angry.wav.json']);
    });
  }
});

describe('help', () => {
  test('names every option; version', () => {
    const { status, stdout } = emovox(['--help']);
    assert.equal(status, 0);
    for (const name of [
      'json',
      'csv',
      'vtt',
      'audacity',
      'out',
      'resume',
      'quiet',
      'model',
      'hop',
      'workers',
      'evidence',
      'prior',
      'labels',
      'threshold',
      'same-speaker',
    ]) {
      assert.match(stdout, new RegExp(`^ {2}--${name} `, 'm'));
    }
    for (const line of stdout.split('\n')) assert.ok(line.length <= 120, line);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.equal(emovox(['--version']).stdout, `emovox ${version}\n`);
  });

  test('runs through a link, as npm makes one', () => {
    const link = join(folder, 'emovox');
    symlinkSync(cli, link);
    const { status, stdout } = spawnSync(link, ['--version'], { encoding: 'utf8' });
    assert.equal(status, 0);
    assert.match(stdout, /^emovox /);
  });
});
