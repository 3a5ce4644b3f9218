// SPDX-License-Identifier: MIT
//
// What the models are known to be worth, from the reports of their training, and people beside them.

import { byId, element, scrollable } from './dom.js';
import { number, percent, t } from './i18n.js';

/**
 * @param {import('emovox').Emovox} emovox
 */
export function renderAbout({ version, model }) {
  const values = { version, model: `${model.name} ${model.version}`, license: model.license };
  byId('about', HTMLElement).textContent = t('about.version', values);
  byId('about-people', HTMLElement).textContent = t('about.people', { share: percent(EMOVOX_FIGURES.people) });
  const sizes = /** @type {const} */ (['small', 'large']);
  const rows = /** @type {const} */ (['ravdess', 'nemo', 'tess']).map((corpus) => {
    const cells = sizes.flatMap((size) => [EMOVOX_FIGURES[corpus][size].uar, EMOVOX_FIGURES[corpus][size].adapted]);
    const texts = cells.map((share) => number(share * 100, 1));
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, t(`about.${corpus}`)),
      ...texts.map((text) => element('td', { class: 'number' }, text)),
    );
  });
  const head = [t('about.corpus'), ...sizes.flatMap((size) => [t(`about.${size}`), t(`about.${size}Adapted`)])];
  const table = element(
    'table',
    {},
    element('caption', {}, t('about.table')),
    element('thead', {}, element('tr', {}, ...head.map((text) => element('th', { scope: 'col' }, text)))),
    element('tbody', {}, ...rows),
  );
  byId('figures', HTMLElement).replaceChildren(scrollable(t('about.figures'), table));
}
