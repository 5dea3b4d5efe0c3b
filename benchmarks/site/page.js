import DataTable from 'datatables';

const root = document.documentElement;

/** An element with its text or children; nothing that a record says is ever read as HTML. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

function unpacked(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (sign) => sign.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')));
}

const { records, figures, losses, views } = await unpacked('packed').json();

// Plots, by a library that is unpacked for the first of them.

let loading;

async function library() {
  loading ??= unpacked('plots').text().then((text) => document.head.append(element('script', {}, text)));
  await loading;
  return window.Plotly;
}

const drawn = new Set();
const colors = () => ({ paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', 'font.color': getComputedStyle(root).getPropertyValue('--ink') });

async function draw(place, data, layout) {
  const plotly = await library();
  const { 'font.color': color, ...background } = colors();
  const plot = await plotly.react(place, data, { ...background, font: { color }, ...layout }, { responsive: true, displaylogo: false });
  if (!drawn.has(place) && layout.scene) turnTogether(plot, plotly.relayout);
  drawn.add(place);
}

/** Text as Plotly takes it, which reads some tags. */
const plain = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

// Theme.

const theme = document.getElementById('theme');
const showTheme = () => theme.setAttribute('aria-pressed', root.classList.contains('dark'));
theme.addEventListener('click', () => {
  root.classList.toggle('dark');
  showTheme();
  drawn.forEach((place) => window.Plotly.relayout(place, colors()));
});
showTheme();

// The record behind a cell.

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 4 });

function words(value) {
  if (Array.isArray(value)) return value.map(words).join(', ');
  if (value !== null && typeof value === 'object') return Object.entries(value).map(([name, entry]) => `${name}: ${words(entry)}`).join('; ');
  return typeof value === 'number' && !Number.isInteger(value) ? NUMBER.format(value) : String(value);
}

const list = (part) => element('dl', {}, ...Object.entries(part).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, words(value))]));

function folded(title, ...content) {
  return element('details', {}, element('summary', {}, title), ...content);
}

function grid(caption, head, rows) {
  const top = element('tr', {}, ...head.map((name) => element('th', { scope: 'col' }, name)));
  const body = rows.map(([name, ...cells]) => element('tr', {}, element('th', { scope: 'row' }, name), ...cells));
  const table = element('table', { class: 'plain' }, element('caption', { class: 'unseen' }, caption), element('thead', {}, top), element('tbody', {}, ...body));
  return element('div', { class: 'scroll', role: 'region', 'aria-label': caption, tabindex: 0 }, table);
}

const share = (value, text) => element('td', { class: 'share', style: `--share:${value.toFixed(1)}%` }, text);

function confusion({ labels, counts }) {
  const names = Object.entries(labels);
  const found = new Map(counts.map(([truth, predicted, count]) => [`${truth} ${predicted}`, count]));
  const totals = new Map();
  counts.forEach(([truth, , count]) => totals.set(truth, (totals.get(truth) ?? 0) + count));
  const rows = names.filter(([label]) => totals.has(Number(label))).map(([label, name]) => [
    `${label} ${name}`,
    ...names.map(([other]) => {
      const count = found.get(`${label} ${other}`) ?? 0;
      return share((100 * count) / totals.get(Number(label)), count || '');
    }),
  ]);
  return grid('Number of objects: a row for every true class, a column for every predicted one', ['', ...names.map(([label]) => label)], rows);
}

function lossCurves(key) {
  const place = element('div', { class: 'plot', role: 'figure', 'aria-label': 'Losses of the pretraining over its steps' });
  const made = folded('losses of its pretraining', place);
  made.addEventListener('toggle', () => {
    const curves = Object.entries(losses[key]).map(([name, points]) => ({ name: plain(name), x: points.map(([step]) => step), y: points.map(([, loss]) => loss), mode: 'lines' }));
    draw(place, curves, { xaxis: { title: { text: 'step' } }, yaxis: { title: { text: 'loss' }, type: 'log' }, margin: { t: 10 } });
  }, { once: true });
  return made;
}

function showRecord(body, record) {
  const classes = Object.entries(record.classes).map(([name, value]) => [name, share(value, value.toFixed(1))]);
  body.replaceChildren(
    grid('Figures', ['', 'value'], Object.entries(record.metrics).map(([name, value]) => [name, element('td', {}, NUMBER.format(value))])),
    ...(record.command ? [element('p', {}, 'Measured again by ', element('code', {}, record.command), ` at commit ${record.parts.environment.commit ?? 'not known'}`)] : []),
    ...(record.card ? [element('p', {}, element('a', { href: `#card-${record.card}` }, `Card of ${record.card}`))] : []),
    ...Object.entries(record.parts).filter(([, part]) => Object.keys(part).length).map(([title, part]) => folded(title, list(part))),
    ...(classes.length ? [folded('accuracy by class', grid('Accuracy of every class in percent', ['class', '%'], classes))] : []),
    ...(losses[record.losses] ? [lossCurves(record.losses)] : []),
    ...(record.confusion ? [folded('confusion matrix', confusion(record.confusion))] : []),
  );
  body.querySelector('details').open = true;
}

const recordDialog = document.getElementById('record');

function openRecords(chosen, title) {
  const body = element('div');
  const choice = element('select', { id: 'seed' }, ...chosen.map((place) => element('option', { value: place }, `${records[place].seed}`)));
  choice.addEventListener('change', () => showRecord(body, records[choice.value]));
  recordDialog.querySelector('h2').textContent = title;
  recordDialog.querySelector(':scope > div').replaceChildren(element('label', { for: 'seed' }, 'Seed '), choice, body);
  showRecord(body, records[chosen[0]]);
  recordDialog.showModal();
}

document.addEventListener('click', ({ target }) => {
  const cell = target.closest('button[data-records]');
  if (cell) {
    const chosen = cell.dataset.records.split(' ');
    openRecords(chosen, records[chosen[0]].label.replace(/, seed \d+$/, '') || records[chosen[0]].model);
  } else if (target.closest('dialog a')) {
    document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close());
  }
});

// Models side by side.

const compareDialog = document.getElementById('compare');

function compare(table) {
  const rows = table.rows({ selected: true }).indexes().toArray();
  if (rows.length < 2 || rows.length > 3) {
    table.buttons.info('Compare', 'Choose two or three rows by the boxes at their beginning.', 4000);
    return;
  }
  const shown = table.columns(':visible').indexes().toArray().slice(2);
  const heads = rows.map((row) => table.cell(row, 1).node().textContent);
  const lines = shown.map((column) => [
    table.column(column).title(),
    ...rows.map((row) => {
      const copy = table.cell(row, column).node().cloneNode(true);
      copy.removeAttribute('tabindex');
      return copy;
    }),
  ]);
  compareDialog.querySelector('.scroll').replaceChildren(grid('Side by side', ['', ...heads], lines).firstChild);
  compareDialog.showModal();
  radar(lines, heads);
}

/** Percentages of the rows on an axis for every column that all have, where there are enough to see a shape. */
function radar(lines, heads) {
  const place = compareDialog.querySelector('.plot');
  const figure = (cell) => (cell.classList.contains('figure') && cell.dataset.order !== '' ? Number(cell.dataset.order) : NaN);
  const shared = lines.map(([title, ...cells]) => [title, cells.map(figure)]).filter(([, values]) => values.every((value) => value >= 0 && value <= 100));
  place.replaceChildren();
  if (shared.length < 3) return;
  const around = [...shared, shared[0]];
  const data = heads.map((name, row) => ({ type: 'scatterpolar', name: plain(name), theta: around.map(([title]) => plain(title)), r: around.map(([, values]) => values[row]) }));
  draw(place, data, { polar: { bgcolor: 'rgba(0,0,0,0)', radialaxis: { rangemode: 'tozero' } }, margin: { t: 30, b: 30 } });
}

// Tables.

const exported = { extend: 'csv', text: 'CSV', exportOptions: { columns: ':visible:not(.choose)' } };
const columns = { extend: 'colvis', text: 'Columns', columns: ':not(.choose)' };

function listFigures(table) {
  const text = DataTable.render.text();
  const sorts = (title) => ({ extend: 'order', text: `Sort by ${title}` });
  const filters = (title) => ({ extend: 'dropdown', text: `Filter by ${title}`, content: ['searchList'] });
  const named = (data, title, more = {}) => ({ data, title, render: text, columnControl: [sorts(title), filters(title)], ...more });
  const figure = (value, type, row) => {
    if (type !== 'display') return type === 'filter' ? row.text : value;
    return element('button', { type: 'button', class: 'cell', 'data-records': row.records.join(' ') }, row.text).outerHTML;
  };
  const shown = [
    named('model', 'model'),
    { data: 'value', title: 'figure', render: figure, className: 'figure', type: 'num', columnControl: [sorts('figure')] },
    named('task', 'task'),
    named('protocol', 'protocol'),
    named('metric', 'metric'),
    named('labels', 'labels'),
    named('seeds', 'seeds'),
    named('method', 'method', { visible: false }),
    named('size', 'size'),
    named('backbone', 'backbone', { visible: false }),
    named('teacher', 'teacher', { visible: false, className: 'long' }),
    named('pretrained', 'pretrained on', { className: 'long' }),
    named('saw', 'test objects it saw'),
    named('source', 'source'),
  ];
  table.append(element('thead', {}, element('tr', {}, ...shown.map(({ title }) => element('th', { scope: 'col' }, title)))));
  const listed = new DataTable(table, {
    data: figures,
    columns: shown,
    order: [],
    ordering: { indicators: false, handler: false },
    pageLength: 25,
    deferRender: true,
    layout: { topStart: { buttons: [columns, exported] }, topEnd: 'search' },
  });
  const chart = document.querySelector('details.chart');
  const against = document.getElementById('against');
  const redraw = () => { if (chart.open) drawChart(chart.querySelector('.plot'), listed.rows({ search: 'applied' }).data().toArray(), against); };
  chart.addEventListener('toggle', redraw);
  against.addEventListener('change', redraw);
  listed.on('search', redraw);
}

/** Accuracies where there are any, else whatever else there is. */
function drawChart(place, rows, against) {
  const groups = new Map();
  const known = rows.filter((row) => row[against.value] > 0);
  const accuracies = known.filter((row) => row.metric === 'oa');
  (accuracies.length ? accuracies : known).forEach((row) => {
    const name = `${row.task}, ${row.protocol}, ${row.metric}`;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  });
  const data = [...groups].map(([name, found]) => ({
    name: plain(name),
    mode: 'markers',
    x: found.map((row) => row[against.value]),
    y: found.map((row) => row.value),
    error_y: { array: found.map((row) => row.half ?? 0), thickness: 1 },
    text: found.map((row) => plain(`${row.model}: ${row.text}`)),
    hovertemplate: '%{text}<extra>%{fullData.name}</extra>',
  }));
  const title = against.selectedOptions[0].textContent;
  draw(place, data, { xaxis: { title: { text: title }, type: 'log' }, yaxis: { title: { text: 'figure' } }, hovermode: 'closest', showlegend: true, legend: { orientation: 'h', y: -0.2 }, height: 560, margin: { t: 10 } });
}

function makeTable(table) {
  const source = table.tHead.rows[0].cells.length - 1;
  const published = table.tHead.rows[0].cells[source].textContent === 'source';
  return new DataTable(table, {
    order: [],
    orderFixed: published ? { pre: [[source, 'asc']] } : undefined,
    paging: false,
    info: false,
    columnDefs: [{ targets: 0, orderable: false, render: DataTable.render.select() }],
    select: { style: 'multi', selector: 'td.choose', headerCheckbox: false },
    layout: {
      topStart: { buttons: [{ text: 'Compare', action: (event, api) => compare(api) }, columns, exported] },
      topEnd: 'search',
    },
  });
}

// One table at a time, made when it is first looked at.

const sections = [...document.querySelectorAll('main > section')];
const made = new Set();

function show() {
  const wanted = sections.find((section) => section.id === decodeURIComponent(location.hash.slice(1))) ?? sections[1] ?? sections[0];
  sections.forEach((section) => { section.hidden = section !== wanted; });
  document.querySelectorAll('nav a').forEach((link) => {
    if (link.hash === `#${wanted.id}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  });
  const table = wanted.querySelector('table.display');
  if (table && !made.has(table)) {
    made.add(table);
    if (wanted.id === 'figures') listFigures(table);
    else makeTable(table);
  }
  const place = wanted.querySelector('.plot.view');
  if (place && !made.has(place)) {
    made.add(place);
    const { data, layout } = views[place.dataset.view];
    draw(place, data, { ...layout, title: undefined });
  }
}

const narrow = matchMedia('(max-width: 60rem)');

function go() {
  document.querySelector('nav details').open = !narrow.matches;
  show();
  scrollTo(0, 0);
}

addEventListener('hashchange', go);
go();
