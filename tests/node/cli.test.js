// SPDX-License-Identifier: MIT
//
// The native command-line tool: what it prints, and what it says to bad input.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeWav, readWav } from './audio.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cli = join(root, 'build/native/emovox');
const data = join(root, 'tests/data');
const emotions = ['neutral', 'calm', 'happy', 'sad', 'angry', 'fearful', 'disgust', 'surprised'];
const angry = readWav(join(data, 'formats/angry.wav'));

/** @type {string} */ let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'emovox-cli-'));
});
after(() => rmSync(folder, { recursive: true }));

/** @param {string[]} args */
function emovox(...args) {
  const { status, stdout, stderr } = spawnSync(cli, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** @param {string} text @returns {any[]} */
const parsed = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** @param {string[]} files and options */
function analyze(...files) {
  const { status, stdout } = emovox('analyze', '--json', ...files);
  return { status, results: parsed(stdout) };
}

/** @param {string} input @param {string[]} options */
function judge(input, ...options) {
  const args = ['judge', '--json', ...options, '-'];
  const { status, stdout } = spawnSync(cli, args, { encoding: 'utf8', input });
  return { status, stdout, results: parsed(stdout) };
}

/**
 * @param {string} name
 * @param {Uint8Array} bytes
 * @returns {string} its path
 */
function file(name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** @param {Record<string, number>} values */
const sum = (values) => Object.values(values).reduce((a, b) => a + b, 0);

/** Whether two values are the same, numbers within a tolerance. @param {any} a @param {any} b @param {number} within */
function assertNear(a, b, within, at = '') {
  if (typeof a === 'number' && typeof b === 'number') {
    assert.ok(Math.abs(a - b) <= within, `${at}: ${a} and ${b}`);
  } else if (typeof a === 'object' && typeof b === 'object') {
    assert.deepEqual(Object.keys(a), Object.keys(b), at);
    for (const key of Object.keys(a)) assertNear(a[key], b[key], within, `${at}.${key}`);
  } else {
    assert.equal(a, b, at);
  }
}

describe('analyze --json', () => {
  test('a line holds everything, and its parts agree', () => {
    const path = join(data, 'speech/long.opus');
    const { status, results } = analyze(path);
    assert.equal(status, 0);
    const [r] = results;
    assert.equal(r.file, path);
    assert.ok(Math.abs(r.duration - 31.8) < 0.1);
    assert.deepEqual(Object.keys(r.votes), [...emotions, 'uncertain']);
    assert.deepEqual(Object.keys(r.probabilities), emotions);
    assert.equal(r.segments.length, 15);
    const voting = r.segments.filter((/** @type {any} */ s) => s.label !== 'no speech');
    assert.equal(sum(r.votes), voting.length);
    assert.equal(r.votes[r.emotion], Math.max(...Object.values(r.votes)));
    assert.ok(Math.abs(r.agreement - r.votes[r.emotion] / voting.length) < 1e-6);
    assert.equal(r.confidence, r.agreement);
    assert.equal(r.probability, r.probabilities[r.emotion]);
    assert.deepEqual(Object.keys(r.prior), emotions);
    assert.ok(Math.abs(sum(r.prior) - 1) < 1e-5);
    assert.ok(r.prior.neutral > r.prior.angry, 'most speech is ordinary');
    assert.deepEqual([r.adaptation, r.evidence, r.salience_seconds], [undefined, undefined, undefined]);
    assert.ok(Math.abs(sum(r.probabilities) - 1) < 1e-4);
    assert.match(r.model, /^small \d+\.\d+\.\d+$/);
    const dimensions = (/** @type {any} */ s) => [s.intensity, s.derived.valence, s.derived.arousal];
    for (const [i, mean] of dimensions(r).entries()) {
      assert.ok(Math.abs(mean - sum(voting.map((/** @type {any} */ s) => dimensions(s)[i])) / voting.length) < 1e-5);
    }
    for (const [i, s] of r.segments.entries()) {
      assert.deepEqual([s.salience, s.evidence], [undefined, undefined]);
      assert.ok(s.start >= i - 1 && s.end - s.start <= 4 && s.end <= r.duration);
      assert.ok(s.speech_ratio >= 0 && s.speech_ratio <= 1);
      if (s.label === 'no speech') continue;
      assert.ok(Math.abs(sum(s.probabilities) - 1) < 1e-4);
      assert.equal(s.probability, Math.max(.../** @type {number[]} */ (Object.values(s.probabilities))));
      if (s.label !== 'uncertain') assert.equal(s.probabilities[s.label], s.probability);
    }
  });

  test('--salience adds the weights of the moments', () => {
    const { results } = analyze('--salience', join(data, 'speech/long.opus'));
    assert.equal(results[0].salience_seconds, 0.04);
    for (const s of results[0].segments) {
      assert.equal(s.salience.length, s.label === 'no speech' ? 0 : 100);
      if (s.salience.length) assert.ok(Math.abs(sum(s.salience) - 1) < 1e-3);
    }
  });

  test('--hop and --threshold: more segments, and what counts as a vote', () => {
    const path = join(data, 'speech/long.opus');
    const [usual] = analyze(path).results;
    const [often] = analyze('--hop', '0.5', path).results;
    assert.equal(often.segments.length, 57);
    for (const segment of usual.segments.slice(0, -1)) {
      const same = often.segments.find((/** @type {any} */ s) => s.start === segment.start);
      assert.deepEqual(same, segment);
    }
    const [forced] = analyze('--threshold', '0', path).results;
    assert.equal(forced.votes.uncertain, 0);
    const [sure] = analyze('--threshold', '0.6', path).results;
    const below = usual.segments.filter((/** @type {any} */ s) => s.probability < 0.6 && s.label !== 'no speech');
    assert.ok(below.length > 0);
    assert.equal(sure.votes.uncertain, below.length);
    assert.deepEqual(sure.probabilities, usual.probabilities);
  });

  test('--prior: what is expected is found more often', () => {
    const path = join(data, 'speech/long.opus');
    const [even] = analyze('--prior', 'even', path).results;
    assertNear(Object.values(even.prior), Array(8).fill(0.125), 1e-6);
    const [everyday] = analyze('--prior', 'everyday', path).results;
    assert.deepEqual(everyday, analyze(path).results[0]);
    const ordinary = ({ neutral, calm }) => neutral + calm;
    assert.ok(ordinary(everyday.probabilities) > ordinary(even.probabilities));

    const [weighed] = analyze('--prior', 'sad=3,neutral=0', path).results;
    assertNear(weighed.prior.sad, 3 / 9, 1e-6);
    assertNear(weighed.prior.calm, 1 / 9, 1e-6);
    for (const [i, { probabilities }] of weighed.segments.entries()) {
      // As Bayes has it: each probability in proportion to its prior.
      const all = emotions.map((name) => even.segments[i].probabilities[name] * ({ sad: 3, neutral: 0 }[name] ?? 1));
      for (const [k, name] of emotions.entries()) assertNear(probabilities[name], all[k] / (sum(all) || 1), 1e-5, name);
    }
  });

  test('--labels: the others are out of the question, these share what there is', () => {
    const path = join(data, 'speech/long.opus');
    const [all] = analyze(path).results;
    const names = ['neutral', 'happy', 'sad', 'angry'];
    const [few] = analyze('--labels', names.join(), path).results;
    assertNear(sum(few.prior), 1, 1e-5);
    for (const name of emotions) if (!names.includes(name)) assert.equal(few.prior[name], 0);
    for (const [i, { label, probabilities }] of few.segments.entries()) {
      assert.ok([...names, 'uncertain', 'no speech'].includes(label));
      const whole = all.segments[i].probabilities;
      const left = sum(names.map((name) => whole[name]));
      for (const name of emotions) {
        assertNear(probabilities[name], names.includes(name) && left ? whole[name] / left : 0, 1e-5, name);
      }
    }
    assert.deepEqual(analyze('--labels', emotions.join(), path).results[0], all);
  });

  test('every format gives the same emotion', () => {
    const { status, results } = analyze(
      ...['wav', 'flac', 'mp3', 'vorbis.ogg', 'opus.ogg'].map((extension) => join(data, `formats/angry.${extension}`)),
    );
    assert.equal(status, 0);
    for (const r of results) assert.equal(r.emotion, results[0].emotion, r.file);
  });

  test('silence is no speech', () => {
    const { status, results } = analyze(file('silence.wav', makeWav(new Float32Array(80000), 16000)));
    assert.equal(status, 0);
    assert.equal(results[0].emotion, 'no speech');
    assert.deepEqual([results[0].agreement, results[0].confidence, results[0].probability], [0, 0, 0]);
    assert.equal(sum(results[0].votes), 0);
  });

  test('a language with a decimal comma changes nothing', () => {
    const args = ['analyze', '--json', '--hop', '0.5', join(data, 'formats/angry.wav')];
    const env = { ...process.env, LC_ALL: 'de_DE.UTF-8', LOCPATH: join(root, 'build/native/locales') };
    assert.equal(
      spawnSync('printf', ['%.2f', '0,5'], { encoding: 'utf8', env }).stdout,
      '0,50',
      'the language is there',
    );
    assert.equal(spawnSync(cli, args, { encoding: 'utf8', env }).stdout, emovox(...args).stdout);
  });

  test('each bad file has its own code, and the good ones are still done', () => {
    const wav = makeWav(angry.samples, 16000);
    const nan = Buffer.from(makeWav(angry.samples, 16000));
    nan.writeUInt16LE(3, 20); // IEEE float
    nan.writeUInt32LE(64000, 28);
    nan.writeUInt16LE(4, 32);
    nan.writeUInt16LE(32, 34);
    nan.fill(0xff, 60, 64);
    const flac = readFileSync(join(data, 'formats/angry.flac'));
    const long = file('long.wav', wav);
    truncateSync(long, 2 ** 32 + 9); // longer than its kind can be; nothing is written
    /** @type {[string, string][]} */
    const cases = [
      [join(folder, 'nowhere.wav'), 'unreadable'],
      [folder, 'empty'],
      [file('nothing.wav', new Uint8Array()), 'empty'],
      [file('no-samples.wav', makeWav(new Float32Array(), 16000)), 'empty'],
      [file('text.wav', Buffer.from('not audio at all, just a line of text')), 'undecodable'],
      [file('cut.wav', wav.subarray(0, 30000)), 'undecodable'],
      [file('header.wav', wav.subarray(0, 30)), 'undecodable'],
      [long, 'undecodable'],
      [file('cut.flac', flac.subarray(0, flac.length >> 1)), 'undecodable'],
      [file('short.wav', makeWav(angry.samples.slice(0, 7000), 16000)), 'too-short'],
      [file('slow.wav', makeWav(angry.samples, 4000)), 'sample-rate'],
      [file('fast.wav', makeWav(angry.samples, 384000)), 'sample-rate'],
      [file('nan.wav', nan), 'not-finite'],
    ];
    const good = file('good.wav', wav);
    const { status, results } = analyze(...cases.map(([path]) => path), good);
    assert.equal(status, 1);
    assert.equal(results.length, cases.length + 1);
    for (const [i, [path, code]] of cases.entries()) {
      assert.equal(results[i].file, path);
      assert.equal(results[i].error?.code, code, path);
      assert.ok(results[i].error.message.length > 20);
    }
    assert.ok(emotions.includes(results.at(-1).emotion));
    const texts = new Set(results.slice(0, -1).map((r) => `${r.error.code} ${r.error.message}`));
    assert.ok(texts.size >= 8, 'messages tell the cases apart');
  });
});

describe('a speaker', () => {
  /** To this one any speech is diverse (model/train/golden.py). */
  const tiny = ['--model', join(data, 'golden/tiny.safetensors')];
  const [long, anger, sadness] = ['long.opus', 'EB0_anger_1.opus', 'IC0_sadness_3.opus'].map((name) =>
    join(data, 'speech', name),
  );

  test('--same-speaker hears all files, then judges them; without it every file stands alone', () => {
    const alone = analyze(...tiny, long, anger).results;
    assert.deepEqual(
      alone,
      [long, anger].map((path) => analyze(...tiny, path).results[0]),
    );
    assert.equal(alone[0].adaptation, undefined);
    const { status, results } = analyze(...tiny, '--same-speaker', long, anger);
    assert.equal(status, 0);
    assert.notDeepEqual(results[0].segments[0].probabilities, alone[0].segments[0].probabilities);
    assert.notDeepEqual(results[1].probabilities, alone[1].probabilities);
    const [{ adaptation }] = results;
    assert.deepEqual(results[1].adaptation, adaptation, 'each is judged by the whole');
    assertNear(adaptation.seconds, alone[0].duration + alone[1].duration, 0.5);
    assert.ok(adaptation.weight > 0.1 && adaptation.weight < 1);
    const other = analyze(...tiny, '--same-speaker', anger, long).results;
    assertNear(other.reverse(), results, 2e-6);
  });

  test('a single file is judged by the whole of it, too', () => {
    const [alone] = analyze(...tiny, long).results;
    const [known] = analyze(...tiny, '--same-speaker', long).results;
    for (const [i, segment] of alone.segments.entries()) {
      assert.notDeepEqual(known.segments[i].probabilities, segment.probabilities);
    }
  });

  test('--speaker goes on where the session before ended', () => {
    const profile = join(folder, 'session.profile');
    const first = analyze(...tiny, '--speaker', profile, long).results;
    assert.deepEqual(first, analyze(...tiny, '--same-speaker', long).results);
    const before = file('before.profile', readFileSync(profile));
    const second = analyze(...tiny, '--speaker', profile, anger, sadness).results;
    const together = analyze(...tiny, '--same-speaker', long, anger, sadness).results;
    const alone = analyze(...tiny, '--same-speaker', anger, sadness).results;
    for (const [i, { adaptation, probabilities }] of second.entries()) {
      assertNear(adaptation, together[i + 1].adaptation, 1e-6);
      assert.notDeepEqual(probabilities, alone[i].probabilities);
    }
    const evidence = emovox('analyze', '--json', '--evidence', ...tiny, anger, sadness).stdout;
    const again = judge(evidence, ...tiny, '--same-speaker', '--speaker', before).results;
    assert.deepEqual(
      again.map(({ adaptation, probabilities }) => ({ adaptation, probabilities })),
      second.map(({ adaptation, probabilities }) => ({ adaptation, probabilities })),
    );
    assert.ok(readFileSync(profile).length < 1000);
    assert.ok(!existsSync(`${profile}.tmp`));
  });

  test('a bad file fails in its place, and the session goes on', () => {
    const profile = join(folder, 'bad.profile');
    const { status, results } = analyze(...tiny, '--speaker', profile, long, 'nowhere.wav', anger);
    assert.equal(status, 1);
    assert.equal(results[1].error.code, 'unreadable');
    const expected = analyze(...tiny, '--same-speaker', long, anger).results;
    assert.deepEqual([results[0], results[2]], expected);
    const text = emovox('analyze', ...tiny, '--same-speaker', 'nowhere.wav', anger);
    assert.equal(text.status, 1);
    assert.match(text.stderr, /nowhere\.wav: Cannot open/);
    assert.match(text.stdout, /2\.0 s of the speaker known/);
    const [next] = analyze(...tiny, '--speaker', profile, sadness).results;
    assertNear(next.adaptation.seconds, expected[0].adaptation.seconds + next.duration, 0.01);
  });

  test('enroll makes a profile that changes verdicts from the first segment on', () => {
    const profile = join(folder, 'enrolled.profile');
    const enrolled = emovox('enroll', '--speaker', profile, ...tiny, sadness, anger);
    assert.equal(enrolled.status, 0);
    assert.match(enrolled.stdout, /3\.\d s of speech added; verdicts are adapted by \d+ %\n10 s or more would/);
    const before = readFileSync(profile);
    const [stranger] = analyze(...tiny, long).results;
    const [known] = analyze(...tiny, '--speaker', profile, long).results;
    assert.notDeepEqual(known.segments[0].probabilities, stranger.segments[0].probabilities);
    assert.notDeepEqual(readFileSync(profile), before, 'what was heard is added');
    assert.equal(emovox('enroll', '--speaker', profile, ...tiny, long).stdout.match(/\n/g)?.length, 1);
    assert.match(emovox('analyze', ...tiny, '--speaker', profile, anger).stdout, /6\d\.\d s of the speaker known/);
  });

  test('the released model takes a profile, too', () => {
    const profile = join(folder, 'small.profile');
    assert.equal(emovox('enroll', '--speaker', profile, long).status, 0);
    const [{ adaptation }] = analyze('--speaker', profile, anger).results;
    assert.ok(adaptation.seconds > 30 && adaptation.weight > 0.3);
  });

  test('without speech nothing is learnt or written', () => {
    const profile = join(folder, 'silent.profile');
    const silence = file('quiet.wav', makeWav(new Float32Array(80000), 16000));
    const { status, stderr } = emovox('enroll', '--speaker', profile, silence);
    assert.equal(status, 1);
    assert.match(stderr, /no speech/);
    assert.ok(!existsSync(profile));
  });

  test('profiles that are damaged, of another model, or out of reach are refused and left alone', () => {
    const profile = join(folder, 'refused.profile');
    emovox('enroll', '--speaker', profile, ...tiny, long);
    const bytes = readFileSync(profile);
    const damaged = Buffer.from(bytes);
    damaged[50] ^= 1;
    /** @type {[string, string[], RegExp][]} */
    const cases = [
      [profile, [], /another model/],
      [file('damaged.profile', damaged), tiny, /damaged/],
      [file('cut.profile', bytes.subarray(0, 90)), tiny, /damaged/],
      [file('none.profile', new Uint8Array()), tiny, /damaged/],
      [file('old.profile', Buffer.concat([Buffer.from('EMOVOXSP\u0001\0\0\0'), bytes.subarray(12)])), tiny, /version/],
      [folder, tiny, /cannot read .*director/],
    ];
    for (const [path, model, message] of cases) {
      const before = path === folder ? null : readFileSync(path);
      for (const command of ['analyze', 'enroll']) {
        const { status, stdout, stderr } = emovox(command, '--speaker', path, ...model, anger);
        assert.deepEqual([status, stdout], [1, ''], `${command} ${path}`);
        assert.match(stderr, message);
      }
      if (before) assert.deepEqual(readFileSync(path), before);
    }
    const nowhere = emovox('analyze', '--speaker', join(folder, 'no/such/folder'), anger);
    assert.equal(nowhere.status, 1);
    assert.match(nowhere.stderr, /cannot write/);
  });
});

describe('judge', () => {
  const clips = ['long.opus', 'EB0_anger_1.opus', 'IC0_sadness_3.opus'].map((name) => join(data, 'speech', name));
  const silence = () => file('silent.wav', makeWav(new Float32Array(80000), 16000));
  /** @param {string[]} options */
  const heard = (...options) => emovox('analyze', '--json', '--evidence', ...options, ...clips, silence()).stdout;
  /** Lines without their evidence. @param {string} text */
  const withoutEvidence = (text) =>
    parsed(text).map(({ evidence, ...r }) => ({ ...r, segments: r.segments.map(({ evidence, ...s }) => s) }));

  test('--evidence brings every float back, and names the model', () => {
    const [small, large] = [heard(), heard('--model', 'large')].map(parsed);
    assert.match(small[0].evidence.model, /^[0-9a-f]{16}$/);
    assert.notEqual(small[0].evidence.model, large[0].evidence.model);
    for (const { segments } of [...small, ...large])
      for (const { label, evidence, probabilities } of segments) {
        if (label === 'no speech') {
          assert.equal(evidence, undefined);
          continue;
        }
        assert.ok(evidence.length > Object.keys(probabilities).length);
        for (const value of evidence) assert.equal(Number(Math.fround(value).toPrecision(9)), value);
      }
    assert.deepEqual(withoutEvidence(heard()), analyze(...clips, silence()).results, 'nothing else is changed');
  });

  test('in the same light, it says the same to the byte', () => {
    for (const options of [
      [],
      ['--same-speaker'],
      ['--prior', 'even', '--labels', 'neutral,angry,sad', '--threshold', '0.5'],
      ['--prior', 'happy=2,sad=0', '--same-speaker', '--model', 'large'],
    ]) {
      const lines = heard('--salience', ...options);
      assert.equal(judge(lines, ...options).stdout, lines, options.join(' '));
    }
  });

  test('in another light, it says what analyze would have said', () => {
    const lines = heard();
    for (const options of [
      ['--prior', 'even'],
      ['--labels', 'neutral,angry'],
      ['--threshold', '0'],
      ['--same-speaker'],
      ['--same-speaker', '--prior', 'neutral=5', '--labels', 'neutral,happy,sad', '--threshold', '0.7'],
    ]) {
      const { status, results } = judge(lines, ...options);
      assert.equal(status, 0);
      assertNear(results, parsed(heard(...options)), 1e-6);
    }
    assert.equal(judge(judge(lines, '--prior', 'even').stdout).stdout, lines, 'and back again');
  });

  test('reads files, and speaks to people as analyze does', () => {
    const path = file('heard.jsonl', Buffer.from(heard().replaceAll('\n', '\r\n\n')));
    const { status, stdout } = emovox('judge', '--same-speaker', path);
    assert.equal(status, 0);
    assert.equal(stdout, emovox('analyze', '--same-speaker', ...clips, silence()).stdout);
  });

  test('--speaker judges by a profile, and leaves it as it is', () => {
    const profile = join(folder, 'judge.profile');
    assert.equal(emovox('enroll', '--speaker', profile, clips[0]).status, 0);
    const before = readFileSync(profile);
    const lines = heard();
    const { results } = judge(lines, '--speaker', profile);
    const stranger = judge(lines).results;
    for (const i of [0, 1, 2]) assert.notDeepEqual(results[i].probabilities, stranger[i].probabilities);
    assert.ok(results.every(({ adaptation }) => Math.abs(adaptation.seconds - 31.8) < 0.5));
    const { seconds } = judge(lines, '--speaker', profile, '--same-speaker').results[0].adaptation;
    assert.ok(seconds > 60, 'it hears them where it is told to');
    assert.deepEqual(readFileSync(profile), before);
    const nobody = emovox('judge', '--speaker', join(folder, 'nobody.profile'), 'x');
    assert.equal(nobody.status, 1);
    assert.match(nobody.stderr, /cannot read .*nobody/);
  });

  test('a line that it cannot judge fails in its place, and the others are judged', () => {
    const [line] = heard().split('\n');
    const plain = JSON.stringify(analyze(clips[1]).results[0]);
    const change = (/** @type {(r: any) => void} */ how) => {
      const r = JSON.parse(line);
      how(r);
      return JSON.stringify(r);
    };
    /** @type {[string, string, RegExp][]} */
    const cases = [
      [plain, 'evidence-missing', /--evidence/],
      [change((r) => delete r.segments[2].evidence), 'evidence-missing', /^Segment 3: /],
      [JSON.stringify(analyze('nowhere.wav').results[0]), 'evidence-missing', /could not be analysed/],
      [change((r) => (r.evidence.model = '0123456789abcdef')), 'evidence-model', /another model/],
      ['not JSON', 'bad-input', /JSON/],
      ['[]', 'bad-input', /JSON/],
      [line.slice(0, -1), 'bad-input', /JSON/],
      [`${line} 1`, 'bad-input', /JSON/],
      [`${line}\0`, 'bad-input', /JSON/],
      [change((r) => (r.evidence = {})), 'bad-input', /`evidence`/],
      [change((r) => (r.duration = -1)), 'bad-input', /`duration`/],
      [change((r) => delete r.intensity), 'bad-input', /`intensity`/],
      [change((r) => (r.speech_ratio = '1')), 'bad-input', /`speech_ratio`/],
      [change((r) => (r.segments = 3)), 'bad-input', /`segments`/],
      [change((r) => (r.segments[1] = null)), 'bad-input', /^Segment 2: /],
      [change((r) => delete r.segments[1].label), 'bad-input', /^Segment 2: `label`/],
      [change((r) => (r.segments[0].end = r.segments[0].start)), 'bad-input', /^Segment 1: `end`/],
      [change((r) => (r.segments[0].start = -1)), 'bad-input', /^Segment 1: `start`/],
      [change((r) => (r.segments[0].intensity = 2)), 'bad-input', /^Segment 1: `intensity`/],
      [change((r) => r.segments[0].evidence.push(0)), 'bad-input', /^Segment 1: `evidence`/],
      [change((r) => r.segments[0].evidence.pop()), 'bad-input', /^Segment 1: `evidence`/],
      [change((r) => (r.segments[0].evidence[3] = 1e7)), 'bad-input', /^Segment 1: `evidence`/],
      [change((r) => (r.segments[0].evidence[3] = null)), 'bad-input', /^Segment 1: `evidence`/],
      [change((r) => (r.salience_seconds = 0)), 'bad-input', /`salience_seconds`/],
    ];
    for (const options of [[], ['--same-speaker']]) {
      const lines = [...cases.map(([text]) => text), line];
      const { status, results } = judge(lines.join('\n'), ...options);
      assert.equal(status, 1);
      assert.equal(results.length, lines.length);
      for (const [i, [text, code, message]] of cases.entries()) {
        assert.equal(results[i].error?.code, code, text.slice(0, 100));
        assert.match(results[i].error.message, message);
        if (!text.startsWith('{')) assert.equal(results[i].file, `-:${i + 1}`);
      }
      assert.deepEqual(results.at(-1), judge(line, ...options).results[0]);
    }
    const { status, stdout, stderr } = emovox('judge', file('bad.jsonl', Buffer.from(`\n{}\n${line}\n`)));
    assert.equal(status, 1);
    assert.match(stderr, /bad\.jsonl:2: There is no evidence/);
    assert.match(stdout, /long\.opus {2}\(31\.8 s\)/);
  });

  test('files that cannot be read fail, the others are judged', () => {
    const lines = heard();
    const path = file('readable.jsonl', Buffer.from(lines));
    const { status, stdout } = emovox('judge', '--json', join(folder, 'nowhere.jsonl'), folder, path);
    assert.equal(status, 1);
    const results = parsed(stdout);
    assert.deepEqual(
      results.slice(0, 2).map(({ error }) => error.code),
      ['unreadable', 'unreadable'],
    );
    assert.deepEqual(results.slice(2), parsed(lines));
    assert.deepEqual(judge('').results, []);
  });
});

describe('usage', () => {
  test('help and version', () => {
    assert.match(emovox('--help').stdout, /usage: emovox analyze/);
    assert.match(
      emovox('analyze', '--help').stdout,
      /--json.*--salience.*--evidence.*--same-speaker.*--speaker PROFILE.*--prior.*--labels.*--threshold.*--hop.*--model.*judge.*enroll/s,
    );
    assert.match(emovox('--version').stdout, /^emovox \d+\.\d+\.\d+\n$/);
  });

  test('wrong usage exits 2 and says why', () => {
    for (const args of [
      [],
      ['sing'],
      ['analyze'],
      ['analyze', '--loud', 'x'],
      ['analyze', 'x', '--hop'],
      ['judge'],
      ['judge', '--hop', '1', 'x'],
      ['enroll', 'x'],
      ['enroll', '--json', '--speaker', 'p', 'x'],
      ['features', 'x'],
    ]) {
      const { status, stdout, stderr } = emovox(...args);
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, /usage|unknown|needs something/);
    }
  });

  test('numbers out of range exit 2 and are named', () => {
    for (const [option, text] of [
      ['--hop', '0.2'],
      ['--hop', '4.1'],
      ['--hop', 'nan'],
      ['--hop', '1s'],
      ['--threshold', '-0.1'],
      ['--threshold', '1.1'],
      ['--threshold', ''],
      ['--prior', 'sad=-1'],
      ['--prior', 'sad=1e7'],
      ['--prior', 'happy=1,sad='],
      ['--prior', 'happy=2x'],
    ]) {
      const { status, stdout, stderr } = emovox('analyze', option, text, join(data, 'formats/angry.wav'));
      assert.deepEqual([status, stdout], [2, ''], `${option} ${text}`);
      assert.ok(stderr.includes(`${option} ${text}: use a number from`), stderr);
    }
  });

  test('priors and labels that mean nothing exit 2 and are named', () => {
    /** @type {[string[], RegExp][]} */
    const cases = [
      [['--prior', 'bored=1'], /no label 'bored', only neutral, calm, /],
      [['--prior', 'neutral=1,'], /--prior neutral=1,: use everyday, even, or a list/],
      [['--prior', 'sometimes'], /--prior sometimes: use everyday, even, or a list/],
      [['--prior', ''], /--prior : use everyday/],
      [['--prior', emotions.map((name) => `${name}=0`).join()], /neutral=0,.*: it leaves no label possible/],
      [['--labels', 'happy,sad', '--prior', 'happy=0,sad=0'], /: it leaves no label possible/],
      [['--labels', 'happy'], /--labels happy: two labels or more/],
      [['--labels', 'sad,sad'], /--labels sad,sad: two labels or more/],
      [['--labels', 'happy,glad'], /no label 'glad', only neutral/],
      [['--labels', 'happy,,sad'], /no label '', only/],
    ];
    for (const [options, message] of cases)
      for (const command of ['analyze', 'judge']) {
        const profile = join(folder, 'unused.profile');
        const { status, stdout, stderr } = emovox(command, '--speaker', profile, ...options, 'x');
        assert.deepEqual([status, stdout], [2, ''], options.join(' '));
        assert.match(stderr, message);
        assert.ok(stderr.startsWith(`emovox ${command}: `));
        assert.ok(!existsSync(profile));
      }
  });

  test('without --json it speaks to people', () => {
    const { status, stdout } = emovox('analyze', join(data, 'formats/angry.wav'));
    assert.equal(status, 0);
    assert.match(stdout, /, probability \d+ %, agreement 100 %: 1 segment voted/);
    assert.match(stdout, /^ {2}intensity \d+ %$/m);
    assert.match(stdout, /0:00\.0 - {1,2}0:03\.4 {2}\w+ +\d+ %/);
  });

  test('a model by path; one that is missing or damaged is refused', () => {
    const model = readFileSync(join(root, 'model/emovox-small.safetensors'));
    const clip = join(data, 'formats/angry.wav');
    assert.equal(emovox('analyze', '--model', file('copy.safetensors', model), clip).status, 0);
    assert.match(emovox('analyze', '--model', 'nowhere', clip).stderr, /cannot read the model/);
    const named = { ...process.env, EMOVOX_MODEL_DIR: folder };
    file('emovox-large.safetensors', readFileSync(join(data, 'golden/tiny.safetensors')));
    const large = spawnSync(cli, ['analyze', '--json', '--model', 'large', clip], { encoding: 'utf8', env: named });
    assert.equal(JSON.parse(large.stdout).model, 'tiny 0.0.0');
    const cut = emovox('analyze', '--model', file('cut.safetensors', model.subarray(0, 1000)), clip);
    assert.equal(cut.status, 1);
    assert.match(cut.stderr, /cut short/);
  });
});

describe('features', () => {
  test('writes one row per hop and says whose they are', () => {
    const out = join(folder, 'x.npy');
    const clips = [join(data, 'formats/angry.wav'), join(data, 'speech/IC0_sadness_3.opus')];
    assert.equal(emovox('features', ...clips, '--out', out).status, 0);
    const bytes = readFileSync(out);
    const rows = readFileSync(`${out}.tsv`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t'));
    const frames = 1 + Math.floor(angry.samples.length / 160);
    assert.deepEqual(rows[0], [clips[0], '0', String(frames)]);
    assert.deepEqual(rows[1].slice(0, 2), [clips[1], String(frames)]);
    const total = frames + Number(rows[1][2]);
    assert.match(bytes.toString('latin1', 0, 128), new RegExp(`'<f4'.*\\(${total}, 80\\)`));
    assert.equal(bytes.length, 128 + total * 80 * 4);
  });

  test('a bad file fails, the others are written', () => {
    const out = join(folder, 'y.npy');
    const { status, stderr } = emovox('features', 'nowhere.wav', join(data, 'formats/angry.wav'), '--out', out);
    assert.equal(status, 1);
    assert.match(stderr, /nowhere\.wav/);
    assert.ok(readFileSync(out).length > 100_000);
  });
});
