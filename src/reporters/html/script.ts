/**
 * What moves in a report: search, filters, order, zoom, light and dark. It reads what is on the page and shows or hides it;
 * it makes no markup, so nothing from a plan can become any. Without it the page still shows everything.
 */
export const SCRIPT = `
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const body = byId('tasks').tBodies[0];
  const rows = Array.from(body.rows);
  const search = byId('search'), status = byId('status'), critical = byId('critical'), waited = byId('waited');
  const all = byId('all');
  let most = Number(byId('tasks').dataset.shown);
  const filter = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let fitting = 0;
    for (const row of body.rows) {
      const fits = (status.value === '' || row.dataset.status === status.value)
        && (!critical.checked || row.dataset.critical === 'yes')
        && (!waited.checked || row.dataset.waited !== '0')
        && words.every((word) => row.dataset.text.includes(word));
      if (fits) fitting += 1;
      row.hidden = !fits || fitting > most;
    }
    all.hidden = fitting <= most;
    byId('count').textContent = fitting + ' of ' + rows.length + ' tasks' + (fitting > most ? ', the first ' + most + ' shown' : '');
  };
  all.addEventListener('click', () => {
    most = rows.length;
    filter();
    search.focus();
  });
  for (const control of [search, status, critical, waited]) control.addEventListener('input', filter);
  for (const button of document.querySelectorAll('thead button')) {
    button.addEventListener('click', () => {
      const head = button.parentElement;
      const rises = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', rises ? 'ascending' : 'descending');
      const key = button.dataset.key;
      const keyOf = (row) => (key === 'status' || key === 'id' ? row.dataset[key] : Number(row.dataset[key]));
      const sign = rises ? 1 : -1;
      const order = rows.map((row) => [keyOf(row), row]).sort(([a], [b]) => (a < b ? -sign : a > b ? sign : 0));
      for (const [, row] of order) body.append(row);
      filter();
    });
  }
  byId('zoom').addEventListener('input', (event) => {
    document.documentElement.style.setProperty('--zoom', event.target.value);
  });
  byId('theme').addEventListener('click', () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme === 'dark'
      || (root.dataset.theme === undefined && matchMedia('(prefers-color-scheme: dark)').matches);
    root.dataset.theme = isDark ? 'light' : 'dark';
  });
  // A bar leads to its row, also where that is filtered away.
  addEventListener('hashchange', () => {
    const row = byId(location.hash.slice(1));
    if (row === null || !row.hidden) return;
    row.hidden = false;
    row.scrollIntoView({ block: 'center' });
  });
  addEventListener('keydown', (event) => {
    if (event.key === '/' && !/^(INPUT|SELECT)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      search.focus();
    }
  });
  for (const element of document.querySelectorAll('[data-live]')) element.hidden = false;
  filter();
})();
`
