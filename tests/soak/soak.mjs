// SPDX-License-Identifier: MIT
//
// npm run soak -- [--hours 8] [--files 1000] [--cycles 500]: what happens in the long run.
//   - hours of audio through listen() in Chromium, as fast as they can be analysed: what it holds stays the same, and
//     the times and verdicts of the last hour are those of the first
//   - files through `npx emovox`, in one call
//   - create, analyse, close, in Chromium and in Node
// 0 leaves one out.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { ensure, findChromium, main, root, SetupError } from '../../src/deps/setup.mjs';
import { build } from '../../web/scripts/build.mjs';
import { serve } from '../../web/scripts/serve.mjs';
import { quiet } from '../browser/harness.js';
import { workerHeap } from '../browser/heap.js';
import { project } from '../matrix/harness.js';
import { makeWav, readWav, resample } from '../node/audio.js';

const speech = readWav(path.join(root, 'tests/data/formats/angry.wav'));

/** Bytes by which memory may differ from one measurement to the next without anything being kept. */
const allowance = 2e6;

const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(2);

/** A minute in which somebody speaks now and then, louder and softer: a whole number of hops. */
function minute() {
  const voice = resample(speech.samples, speech.sampleRate, 44100);
  const loop = new Float32Array(60 * 44100);
  for (const [start, gain] of [
    [1, 1],
    [9.3, 0.1],
    [14, 0.5],
    [31.7, 0.02],
    [48, 1],
  ]) {
    loop.set(
      voice.map((sample) => sample * gain),
      Math.round(start * 44100),
    );
  }
  return loop;
}

/** @param {number} hours */
async function listen(hours) {
  const server = await serve(path.join(root, 'dist'), 0, () => ({}));
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [...quiet, '--enable-precise-memory-info'],
  });
  try {
    const page = await browser.newPage();
    const url = `${server.url}empty`;
    await page.route(url, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>soak</title>' }),
    );
    await page.goto(url);
    await page.addScriptTag({ path: path.join(root, 'tests/soak/clock.js'), type: 'module' });
    await page.waitForFunction(() => 'play' in globalThis);
    await page.evaluate(
      async ([library, base64]) => {
        const { Emovox } = await import(library);
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        const emovox = await Emovox.create({ microphone: true });
        const recording = await emovox.listen({ stream: new MediaStream() });
        Object.assign(globalThis, { emovox, recording, loop: new Float32Array(bytes.buffer) });
      },
      [`${server.url}lib/emovox.js`, Buffer.from(minute().buffer).toString('base64')],
    );
    const heap = await workerHeap(page);
    const session = await page.context().newCDPSession(page);
    const measure = async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { usedSize, backingStorageSize = 0 } = /** @type {any} */ (await session.send('Runtime.getHeapUsage'));
      const { wasmMemoryBytes } = await page.evaluate(() => globalThis.emovox.stats());
      return { page: usedSize + backingStorageSize, worker: await heap(), wasm: wasmMemoryBytes };
    };
    const steps = Math.max(2, Math.round(hours * 2));
    const seconds = (hours * 3600) / steps;
    const measured = [];
    for (let step = 0; step < steps; step++) {
      await page.evaluate(
        ([from, to]) => globalThis.play(globalThis.recording, globalThis.loop, from, to),
        [step * seconds, (step + 1) * seconds],
      );
      const now = await measure();
      measured.push(now);
      const { page: js, worker, wasm } = now;
      console.log(
        `${(((step + 1) * seconds) / 3600).toFixed(1)} h: WebAssembly ${megabytes(wasm)} MB, JavaScript in the worker ` +
          `${megabytes(worker)} MB, in the page ${megabytes(js)} MB`,
      );
    }
    const { segments, duration, hop, sequence } = await page.evaluate(async () => {
      const { segments: all, duration: length } = await globalThis.recording.stop();
      const { hopSeconds, sequenceSeconds } = globalThis.emovox.model;
      // Without what takes the most room: compared by its sum.
      const short = all.map(({ salience, ...rest }) => ({ ...rest, moments: salience.length }));
      return { segments: short, duration: length, hop: hopSeconds, sequence: sequenceSeconds };
    });
    await page.evaluate(() => {
      globalThis.recording = null; // and with it the result
    });
    const after = await measure();

    // The last one ends with the recording, to a frame of log-mel.
    const { end } = segments.pop();
    assert.ok(Math.abs(end - duration) < 0.01, `the last segment ends at ${end} s`);
    const drift = Math.max(...segments.map(({ start }, k) => Math.abs(start - k * hop)));
    const lengths = Math.max(...segments.map((segment) => Math.abs(segment.end - segment.start - sequence)));
    const perMinute = Math.round(60 / hop);
    let differs = 0;
    for (let k = 2 * perMinute; k + 2 < segments.length; k++) {
      const [now, before] = [segments[k], segments[perMinute + (k % perMinute)]];
      assert.equal(now.label, before.label, `segment ${k}, at ${now.start} s`);
      assert.equal(now.moments, before.moments);
      for (const [emotion, p] of Object.entries(now.probabilities)) {
        differs = Math.max(differs, Math.abs(p - before.probabilities[emotion]));
      }
    }
    const first = measured[0];
    const last = /** @type {typeof first} */ (measured.at(-1));
    const perSegment = (last.page - first.page) / (segments.length * (1 - 1 / steps));
    console.log(
      `${segments.length + 1} segments; times off by ${(1000 * Math.max(drift, lengths)).toFixed(4)} ms at most; ` +
        `probabilities as in the second minute to ${differs.toExponential(1)}; the page holds ${Math.round(perSegment)} bytes ` +
        `per segment, ${megabytes(after.page)} MB once the result is dropped`,
    );
    assert.ok(Math.abs(duration - hours * 3600) < 0.1, `${duration} s heard`);
    assert.ok(drift < 1e-3 && lengths < 1e-3, 'times drift');
    assert.ok(differs < 1e-4, 'verdicts drift');
    assert.equal(last.wasm, first.wasm, 'WebAssembly grows');
    assert.ok(last.worker - first.worker < allowance, 'the worker grows');
    assert.ok(after.page - first.page < allowance, 'the page keeps more than the result');
  } finally {
    await browser.close();
    await server.close();
  }
}

/** The largest of a process's and its children's memories, so far. @param {number} pid @returns {number} bytes */
function peakMemory(pid) {
  try {
    const own = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return Math.max(own, ...children.map((child) => peakMemory(Number(child))));
  } catch {
    return 0; // has ended
  }
}

/** @param {number} count */
async function files(count) {
  const folder = mkdtempSync(path.join(tmpdir(), 'emovox-soak-'));
  try {
    const { samples, sampleRate } = speech;
    const names = Array.from({ length: count }, (_, i) => `${String(i).padStart(5, '0')}.wav`);
    names.forEach((name, i) => {
      const some = samples.subarray((i * 37) % 16000).map((sample) => sample * (1 - (i % 100) / 110));
      const bytes = makeWav(some, sampleRate);
      writeFileSync(path.join(folder, name), i % 50 === 49 ? bytes.subarray(0, 20) : bytes); // every 50th is broken
    });
    const child = spawn('npx', ['emovox', '--json', ...names.map((name) => path.join(folder, name))], {
      cwd: project('node', { shared: false }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    let peak = 0;
    let early = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, peakMemory(/** @type {number} */ (child.pid)));
      if (stdout.split('\n').length < count / 4) early = peak;
    }, 200);
    const status = await new Promise((resolve) => child.once('close', resolve));
    clearInterval(watch);
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const broken = Math.floor(count / 50);
    const verdicts = results.filter(({ emotion }) => emotion === 'angry').length;
    console.log(
      `npx emovox on ${count} files, ${broken} of them broken: ${verdicts} verdicts 'angry', ${results.length - verdicts} errors; ` +
        `exit status ${status}; ${megabytes(early)} MB at most in the first quarter, ${megabytes(peak)} MB in all`,
    );
    assert.equal(results.filter(({ error }) => error).length, broken, stderr);
    assert.equal(results.filter(({ emotion }) => emotion).length, count - broken);
    assert.ok(peak - early < 64e6, 'memory grows with the number of files');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {number} count */
function cycles(count) {
  const env = { ...process.env, EMOVOX_CYCLES: String(count), NODE_OPTIONS: '--expose-gc' };
  for (const file of ['tests/browser/memory.test.js', 'tests/soak/cycles.test.js']) {
    const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', file], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    if (status !== 0) throw new SetupError(`${count} times used and closed: something stays.\n${stdout}`);
    const figures = stdout.split('\n').filter((line) => /✔|bytes/.test(line));
    console.log(figures.join('\n'));
  }
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      hours: { type: 'string', default: '8' },
      files: { type: 'string', default: '1000' },
      cycles: { type: 'string', default: '500' },
    },
  });
  const [hours, count, times] = [values.hours, values.files, values.cycles].map(Number);
  if (![hours, count, times].every((n) => n >= 0))
    throw new SetupError('--hours, --files and --cycles want numbers from 0 on.');
  await ensure({ npm: true, chromium: true });
  await build();
  if (hours > 0) await listen(hours);
  if (count > 0) await files(count);
  if (times > 0) cycles(times);
});
