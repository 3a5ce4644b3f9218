// SPDX-License-Identifier: MIT
//
// How <emovox-recorder> looks. Text and ground are the system's, which follow the page's color-scheme; every other
// colour is of a lightness that stands out from both white and black by 3.3 at least, and from white text by 4.8.

export const css = `
:host {
  display: block;
  container-type: inline-size;
}
:host([hidden]),
[hidden] {
  display: none !important;
}
* {
  box-sizing: border-box;
}
[part="card"] {
  --text: var(--emovox-text, CanvasText);
  --ground: var(--emovox-background, Canvas);
  --quiet: var(--emovox-quiet, color-mix(in srgb, var(--text) 72%, var(--ground)));
  --line: var(--emovox-line, color-mix(in srgb, var(--text) 20%, var(--ground)));
  --accent: var(--emovox-accent, #5365db);
  --alarm: var(--emovox-alarm, #d72923);
  --on: var(--emovox-on-color, #fff);
  --color: var(--emovox-other, #707070);
  position: relative;
  padding: 1em;
  border: 1px solid var(--line);
  border-radius: var(--emovox-radius, 0.75em);
  background: var(--ground);
  color: var(--text);
  font: var(--emovox-font, 1rem/1.5 system-ui, sans-serif);
  overflow-wrap: break-word;
}
[part="card"].over {
  outline: 3px dashed var(--accent);
  outline-offset: -4px;
}
p,
ol,
ul {
  margin: 0.5em 0 0;
  padding: 0;
  list-style: none;
}
[part="controls"],
[part="file"],
[part="live"],
[part~="legend"] {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.5em;
}
[part~="button"] {
  display: inline-block;
  min-height: 2.75em;
  padding: 0.5em 1em;
  border: 1px solid var(--quiet);
  border-radius: 0.5em;
  background: transparent;
  color: inherit;
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
[part~="button"]:hover {
  border-color: var(--accent);
  box-shadow: inset 0 0 0 1px var(--accent);
}
[part~="record"]::before {
  content: "";
  display: inline-block;
  width: 0.75em;
  height: 0.75em;
  margin-inline-end: 0.5em;
  border-radius: 50%;
  background: var(--alarm);
}
[part~="stop"] {
  border-color: var(--accent);
  background: var(--accent);
  color: var(--on);
}
:disabled,
:disabled ~ * {
  opacity: 0.5;
  cursor: default;
}
:focus-visible,
:focus-visible + [part~="button"] {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}
.unseen {
  position: absolute;
  width: 1px;
  height: 1px;
  margin: 0;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
[part~="hint"],
caption,
thead {
  color: var(--quiet);
  font-size: 0.875em;
}
[part="live"] {
  margin-block-start: 0.75em;
  font-variant-numeric: tabular-nums;
}
[part="level"],
progress {
  flex: 1 1 5em;
  height: 0.75em;
  accent-color: var(--accent);
}
[part="level"] {
  border: 1px solid var(--quiet);
  border-radius: 0.4em;
  overflow: hidden;
}
[part="level-fill"] {
  height: 100%;
  background: var(--accent);
  transform: scaleX(0);
  transform-origin: left;
}
[part="status"] {
  font-weight: 600;
}
[part="status error"] {
  padding-inline-start: 0.75em;
  border-inline-start: 4px solid var(--alarm);
}
[part="emotion"] {
  margin-block-start: 0.75em;
  font-size: 1.5em;
  font-weight: 700;
  line-height: 1.25;
}
[part~="key"] {
  display: inline-grid;
  place-items: center;
  width: 1.5em;
  height: 1.5em;
  margin-inline-end: 0.4em;
  border-radius: 0.3em;
  font-size: 0.875em;
  font-weight: 700;
  letter-spacing: 0;
}
[part~="key"],
[part~="segment"] {
  border: 1px solid var(--color);
  background: var(--color);
  color: var(--on);
}
[part~="no-speech"] {
  background: transparent;
  color: inherit;
}
table {
  width: 100%;
  margin-block-start: 0.75em;
  border-collapse: collapse;
  font-variant-numeric: tabular-nums;
}
caption {
  padding-block-end: 0.4em;
  text-align: start;
}
th,
td {
  padding: 0.2em 0.75em 0.2em 0;
  font-weight: 400;
  text-align: start;
  vertical-align: bottom;
}
td {
  width: 50%;
}
[scope="row"] {
  white-space: nowrap;
}
td > div {
  display: flex;
  align-items: center;
  gap: 0.5em;
}
[part="number"] {
  min-width: 2.75em;
  text-align: end;
}
[part="bar"] {
  flex: 1;
}
[part~="fill"] {
  display: block;
  height: 0.75em;
  border-radius: 0.15em;
  background: var(--color);
}
[part~="mean"] {
  border-inline-end: 2px solid var(--color);
  background: repeating-linear-gradient(135deg, var(--color) 0 3px, transparent 3px 5px);
}
[part="timeline"] {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(1.75em, 1fr));
  margin-block-start: 0.75em;
  gap: 2px;
}
[part~="segment"] {
  position: relative;
  border-radius: 0.2em;
  font-weight: 700;
  line-height: 2em;
  text-align: center;
}
[part~="segment"] > [title] {
  display: block;
}
[part~="neutral"] { --color: var(--emovox-neutral, #667282); }
[part~="calm"] { --color: var(--emovox-calm, #127e76); }
[part~="happy"] { --color: var(--emovox-happy, #a06204); }
[part~="sad"] { --color: var(--emovox-sad, #2c6ed1); }
[part~="angry"] { --color: var(--emovox-angry, #d72923); }
[part~="fearful"] { --color: var(--emovox-fearful, #8b56c7); }
[part~="disgust"] { --color: var(--emovox-disgust, #4f7d1a); }
[part~="surprised"] { --color: var(--emovox-surprised, #c7328d); }
@container (max-width: 28em) {
  table { font-size: 0.875em; }
  td { width: 33%; }
  td > div { display: block; }
  [scope="row"] { white-space: normal; }
}
@media (prefers-reduced-motion: no-preference) {
  [part="level-fill"] { transition: transform 80ms linear; }
}
@media (forced-colors: active) {
  [part~="key"], [part~="segment"], [part~="fill"], [part="level-fill"] { forced-color-adjust: none; }
}
`;
