// SPDX-License-Identifier: MIT
//
// What the models are known to be worth, from the reports of their training, and people beside them.

import { byId, element } from './dom.js';
import { number, percent, t } from './i18n.js';

/**
 * @param {import('emovox').Emovox} emovox
 */
export function renderAbout({ version, model }) {
  const values = { version, model: `${model.name} ${model.version}`, license: model.license };
  byId('about', HTMLElement).textContent = t('about.version', values);
  byId('about-people', HTMLElement).textContent = t('about.people', { share: percent(EMOVOX_FIGURES.people) });
  const hundred = (/** @type {number} */ share) => number(share * 100, 1);
  const rows = /** @type {const} */ (['ravdess', 'nemo', 'tess']).map((corpus) => {
    const cells = /** @type {const} */ (['small', 'large']).map((size) => {
      const { uar, adapted } = EMOVOX_FIGURES[corpus][size];
      return element('td', {}, t('about.adapted', { share: hundred(uar), adapted: hundred(adapted) }));
    });
    return element('tr', {}, element('th', { scope: 'row' }, t(`about.${corpus}`)), ...cells);
  });
  const head = [t('about.corpus'), t('about.small'), t('about.large')];
  byId('figures', HTMLElement).replaceChildren(
    element(
      'table',
      {},
      element('caption', {}, t('about.table')),
      element('thead', {}, element('tr', {}, ...head.map((text) => element('th', { scope: 'col' }, text)))),
      element('tbody', {}, ...rows),
    ),
  );
}
