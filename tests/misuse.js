// SPDX-License-Identifier: MIT
//
// Everything that can be done wrong with the library, in the browser and in Node: each has its code.

import assert from 'node:assert/strict';

/**
 * Runs where globalThis.Emovox is, in a page as well, and needs nothing from outside.
 *
 * @param {number[]} file the bytes of a recording that sounds angry
 * @returns {Promise<Record<string, string>>} what each call rejected with: its code
 */
export async function misuse(file) {
  const { Emovox } = /** @type {any} */ (globalThis);
  const bytes = Uint8Array.from(file);
  const pcm = new Float32Array(32000);
  const sampleRate = 16000;
  /** @type {Record<string, string>} */
  const codes = {};
  /** @param {string} name @param {() => unknown} act */
  const attempt = async (name, act) => {
    try {
      await act();
      codes[name] = 'none';
    } catch (error) {
      const { name: kind, code } = /** @type {any} */ (error ?? {});
      codes[name] = kind === 'EmovoxError' ? code : `${error}`;
    }
  };
  const emovox = await Emovox.create();
  const speaker = await emovox.speaker();
  const heard = await emovox.analyze(bytes, { evidence: true });
  const judging = ['prior', 'labels', 'threshold'];
  const callbacks = ['onSegment', 'onRevised', 'onProgress', 'onPeaks'];
  const options = ['sampleRate', 'signal', 'hop', 'evidence', ...judging, ...callbacks];
  const wrong = {
    nothing: undefined,
    null: null,
    number: 7,
    text: 'angry.wav',
    list: [1, 2],
    object: {},
    function() {},
  };

  for (const [kind, value] of Object.entries(wrong)) {
    await attempt(`analyze ${kind}`, () => emovox.analyze(value));
    await attempt(`logMel ${kind}`, () => emovox.logMel(value));
    await attempt(`stream ${kind}`, () => emovox.stream(value).next());
    if (value === undefined) continue;
    await attempt(`options ${kind}`, () => emovox.analyze(pcm, value));
    await attempt(`speaker from ${kind}`, () => emovox.speaker(value));
    await attempt(`as speaker ${kind}`, () => emovox.analyze(pcm, { sampleRate, speaker: value }));
    await attempt(`model ${kind}`, () => Emovox.create({ model: value }));
    await attempt(`judge ${kind}`, () => emovox.judge(value));
    await attempt(`hear ${kind}`, () => speaker.hear(value));
    await attempt(`judge options ${kind}`, () => emovox.judge(heard, value));
    for (const option of options) {
      const fits = kind === 'number' && option === 'sampleRate'; // judged by its value, below
      if (kind === 'object' && option === 'prior') continue; // all weights are 1
      if (fits || (kind === 'function' && option.startsWith('on'))) continue;
      await attempt(`${option} ${kind}`, () => emovox.analyze(pcm, { sampleRate, [option]: value }));
      if (judging.includes(option))
        await attempt(`judge ${option} ${kind}`, () => emovox.judge(heard, { [option]: value }));
    }
  }
  for (const [what, prior] of Object.entries({
    'an unknown emotion': { joyful: 1 },
    'a weight below 0': { sad: -1 },
    'a weight too large': { sad: 1e7 },
    'a weight that is none': { sad: Number.NaN },
    'nothing possible': Object.fromEntries(emovox.model.labels.map((/** @type {string} */ label) => [label, 0])),
    'a getter that throws': {
      get sad() {
        throw new TypeError('no weight today');
      },
    },
  })) {
    await attempt(`prior with ${what}`, () => emovox.analyze(bytes, { prior }));
    await attempt(`judge prior with ${what}`, () => emovox.judge(heard, { prior }));
  }
  for (const labels of [[], ['sad'], ['sad', 'sad'], ['sad', 'joyful'], ['sad', null]]) {
    await attempt(`labels ${labels.join(' ')}.`, () => emovox.analyze(bytes, { labels }));
    await attempt(`judge labels ${labels.join(' ')}.`, () => emovox.judge(heard, { labels }));
  }
  await attempt('judge what has no evidence', async () => emovox.judge(await emovox.analyze(bytes)));
  await attempt('hear what has no evidence', async () => speaker.hear(await emovox.analyze(bytes)));
  await attempt('judge what another model heard', () =>
    emovox.judge({ ...heard, evidence: { model: '0'.repeat(16) } }),
  );
  const [segment] = heard.segments;
  for (const evidence of [[], [1, 2], segment.evidence.map(() => 1e30), segment.evidence.map(() => '0'), 'numbers']) {
    const damaged = { ...heard, segments: [{ ...segment, evidence }] };
    await attempt(`judge damaged evidence ${String(evidence).slice(0, 9)}`, () => emovox.judge(damaged));
  }
  await attempt('judge a damaged segment', () =>
    emovox.judge({ ...heard, segments: [{ ...segment, end: undefined }] }),
  );

  await attempt('no sampleRate', () => emovox.analyze(pcm));
  for (const rate of [Number.NaN, -1, 0, 1e9, Number.POSITIVE_INFINITY, 7999, 2 ** 32 + 16000]) {
    await attempt(`sampleRate ${rate}`, () => emovox.analyze(pcm, { sampleRate: rate }));
    await attempt(`logMel sampleRate ${rate}`, () => emovox.logMel(pcm, { sampleRate: rate }));
  }

  const detached = Uint8Array.from(file);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  await attempt('detached view', () => emovox.analyze(detached));
  await attempt('detached buffer', () => emovox.analyze(detached.buffer));
  const gone = new Float32Array(32000);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  await attempt('detached samples', () => emovox.analyze(gone, { sampleRate }));
  for (const Kind of [Float64Array, Int16Array, Uint32Array, BigInt64Array]) {
    await attempt(`${Kind.name} as PCM`, () => emovox.analyze(new Kind(32000), { sampleRate }));
  }
  await attempt('a view of a file', () => emovox.analyze(new DataView(bytes.buffer)));
  const { buffer } = new WebAssembly.Memory({ shared: true, initial: 4, maximum: 4 });
  const shared = new Uint8Array(buffer, 0, file.length);
  shared.set(bytes);
  await attempt('shared view', () => emovox.analyze(shared));
  await attempt('shared buffer', () => emovox.analyze(buffer));

  const thrower = {
    get sampleRate() {
      throw new TypeError('no rate today');
    },
  };
  await attempt('getter that throws', () => emovox.analyze(pcm, thrower));
  await attempt('getter that throws, logMel', () => emovox.logMel(pcm, thrower));
  await attempt('getter that throws, stream', () => emovox.stream(pcm, thrower).next());
  await attempt('getter that throws, create', () =>
    Emovox.create({
      get model() {
        throw new TypeError('none');
      },
    }),
  );
  const bare = Object.assign(Object.create(null), { sampleRate });
  await attempt('options without a prototype', () => emovox.analyze(pcm, bare));
  await attempt('source without a prototype', () => emovox.analyze(Object.create(null)));
  const circular = {};
  circular.self = circular;
  await attempt('circular model', () => Emovox.create({ model: circular }));
  await attempt('model of a kind of its own', () => Emovox.create({ model: 7n }));
  await attempt('aborted before', () =>
    emovox.analyze(pcm, { sampleRate, signal: AbortSignal.abort(new Error('enough')) }),
  );
  await attempt('profile of rubbish', () => emovox.speaker(new Uint8Array(300)));
  await attempt('profile of nothing', () => emovox.speaker(new Uint8Array(0)));
  await attempt('detached profile', () => emovox.speaker(detached));

  const other = await Emovox.create();
  await attempt('a speaker of another', () => other.analyze(bytes, { speaker }));
  await speaker.close();
  await speaker.close();
  await attempt('closed speaker', () => emovox.analyze(bytes, { speaker }));
  await attempt('closed speaker saved', () => speaker.save());
  await attempt('closed speaker enrolled', () => speaker.enroll(bytes));
  await attempt('closed speaker that hears', () => speaker.hear(heard));
  await attempt('closed speaker to judge with', () => emovox.judge(heard, { speaker }));

  const late = emovox.stream(bytes);
  await late.next();
  await late.return();
  codes['next after return'] = String((await late.next()).done);

  // And after all that, many at once.
  const verdicts = await Promise.all(Array.from({ length: 8 }, () => emovox.analyze(bytes)));
  codes['eight at once'] = [...new Set(verdicts.map(({ emotion }) => emotion))].join();

  const running = other.analyze(bytes);
  const enrolling = other.speaker().then((/** @type {any} */ known) => known.enroll(bytes));
  await other.close();
  await other.close();
  await attempt('closed meanwhile', () => running);
  await attempt('enrolling meanwhile', () => enrolling);
  for (const method of ['analyze', 'logMel', 'stream', 'judge', 'speaker', 'stats']) {
    await attempt(`closed ${method}`, () => {
      const made = other[method](method === 'speaker' ? undefined : method === 'judge' ? heard : bytes);
      return method === 'stream' ? made.next() : made;
    });
  }
  await emovox.close();
  return codes;
}

/** What is not bad-input. @type {[RegExp, string][]} */
const others = [
  [/^judge options object$/, 'none'],
  [/^(judge )?(hop|prior|labels|threshold|evidence|on\w+|signal|sampleRate) [a-z.]/, 'bad-option'],
  [/^(judge )?options (?!object|without)|^getter/, 'bad-option'],
  [/has no evidence$/, 'evidence-missing'],
  [/another model heard$/, 'evidence-model'],
  [/sampleRate [-\dNI]/, 'sample-rate'],
  [/^profile/, 'profile-invalid'],
  [/^closed|meanwhile$/, 'closed'],
  [/ as PCM$/, 'undecodable'],
  [/^(a view|shared view|options without)/, 'none'],
  [/^aborted/, 'aborted'],
];

/** @param {Record<string, string>} codes */
export function assertMisuse({
  'eight at once': verdicts,
  'next after return': done,
  'a speaker of another': foreign,
  ...codes
}) {
  assert.deepEqual([verdicts, done], ['angry', 'true']);
  assert.match(foreign, /^(bad-input|closed)$/);
  const expected = Object.keys(codes).map((name) => [
    name,
    others.find(([names]) => names.test(name))?.[1] ?? 'bad-input',
  ]);
  assert.ok(expected.length > 200, `${expected.length} cases`);
  assert.deepEqual(codes, Object.fromEntries(expected));
}
