// SPDX-License-Identifier: MIT
//
// What browsers are told about the page and the library, in one place: the content security policies, and the headers
// that a host should send.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** All that the library needs, in whichever page. */
const library = {
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self'",
  'connect-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
};

/** A header can forbid frames, a <meta> cannot. */
const noFrames = { 'frame-ancestors': "'none'" };

/** @param {Record<string, string>} directives */
const text = (directives) =>
  Object.entries(directives)
    .map((directive) => directive.join(' '))
    .join('; ');

/** For pages that embed the library and have scripts and styles of their own. */
export const contentSecurityPolicy = text({ ...library, ...noFrames });

/** The page of this repository also plays recordings, shows waveforms and can be installed. */
function page() {
  return {
    ...library,
    'style-src': `'self' '${waveformStyleHash()}'`,
    'img-src': "'self' blob:",
    'media-src': "'self' blob:",
    'manifest-src': "'self'",
    'font-src': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': 'default', // web/app/trusted.js
  };
}

/** For the page's <meta>, which holds whatever the host sends. */
export const pagePolicyMeta = () => text(page());

/** What a host should send with every file of the page. */
export const pageHeaders = () => ({
  'content-security-policy': text({ ...page(), ...noFrames }),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': ['microphone=(self)', ...forbidden.map((feature) => `${feature}=()`)].join(', '),
});

const forbidden = [
  ...['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid', 'magnetometer', 'midi'],
  ...['payment', 'serial', 'usb', 'xr-spatial-tracking'],
];

/** The page's waveforms have this height in pixels; wavesurfer.js writes it into its style, which is allowed by hash. */
const waveformHeight = 96;

/** @returns {string} the one piece of markup that becomes part of the page as text: wavesurfer.js makes it */
export function waveformMarkup() {
  const renderer = new URL('./renderer.js', import.meta.resolve('wavesurfer.js'));
  const [, template] =
    /shadow\.innerHTML = `(.*?<\/style>.*?)`;/s.exec(readFileSync(fileURLToPath(renderer), 'utf8')) ?? [];
  const markup = template
    ?.replace(/<style\$\{.*\}>/, '<style>') // without a nonce
    .replace(/\$\{this\.getHeight\(.*\)\}px/, `${waveformHeight}px`);
  if (!markup || markup.includes('$'))
    throw new Error('This wavesurfer.js makes its markup in another way: adapt waveformMarkup() in policy.mjs.');
  return markup;
}

/** @returns {string} the source expression that allows the <style> in it, and nothing else */
function waveformStyleHash() {
  const [, style] = /<style>(.*)<\/style>/s.exec(waveformMarkup()) ?? [];
  return `sha256-${createHash('sha256').update(style).digest('base64')}`;
}

/** The page's headers as Netlify and Cloudflare Pages read them. Of a header that two rules set, both values are sent. */
export function headersFile() {
  const rules = {
    '/*': pageHeaders(),
    '/assets/*': { 'cache-control': 'public, max-age=31536000, immutable' }, // their names change with their content
    '/': { 'cache-control': 'no-cache' },
    '/index.html': { 'cache-control': 'no-cache' },
    '/sw.js': { 'cache-control': 'no-cache' },
  };
  return Object.entries(rules)
    .map(([path, headers]) =>
      [path, ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`), ''].join('\n'),
    )
    .join('\n');
}
