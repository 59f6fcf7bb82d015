'use strict';

/** What is measured: key, name of the axis, whether it is drawn on a logarithmic one. */
const measures = [['loss', 'loss', false], ['score', 'validation metric', false], ['speed', 'tokens/s', false], ['learningRate', 'learning rate', false],
  ['gradientNorm', 'gradient norm', true], ['trace', 'trace T', true], ['metricScale', 'metric scale s', true]];
const axes = [['step', 'step'], ['tokens', 'tokens'], ['seconds', 'seconds of training']];

/** Settings that differ from run to run without saying what is trained. */
const places = new Set(['data-sha256', 'threads', 'max-seconds']);

const SHOWN_AT_FIRST = 8;
const REDRAWN_MS = 1000;
const runs = new Map();
let seen = 0;
const view = {x: 'step', log: false, smooth: 0.9};

/** Removes points from a step on, appends others; both are [step, value] pairs. */
function extend(points, from, more) {
  let kept = points.length;
  while (kept > 0 && points[kept - 1][0] >= from) kept--;
  points.length = kept;
  for (let i = 0; i < more.length; i += 2) points.push([more[i], more[i + 1]]);
}

/** Takes what a server, or the file, says of a run. */
function take(message) {
  let run = runs.get(message.run);
  if (!run) {
    if (!message.restarted) return; // one that this page has let go
    const turn = seen++;
    run = {name: message.run, colour: data.colours[turn % data.colours.length], dashed: Math.floor(turn / data.colours.length) % 2 === 1,
      shown: runs.size < SHOWN_AT_FIRST, curves: {}, means: {}, config: {}};
    runs.set(run.name, run);
  }
  if (message.restarted) Object.assign(run, {curves: {}, means: {}, config: message.config});
  for (const [key, part] of Object.entries(message.curves)) {
    extend(run.curves[key] = run.curves[key] || [], part.from, part.points);
    if (part.mean) extend(run.means[key] = run.means[key] || [], part.from, part.mean);
  }
  Object.assign(run, {latest: message.latest, evaluated: message.evaluated, best: message.best, speed: message.speed, samples: message.samples});
  if (message.maxSteps) run.maxSteps = message.maxSteps;
}

/** A function from steps to what is drawn across, by the nearest measurements. */
function across(run) {
  const known = run.curves[view.x];
  if (view.x === 'step' || !known || known.length === 0) return step => step;
  let i = 0;
  return step => { // steps rise from call to call
    if (i > 0 && known[i - 1][0] > step) i = 0;
    while (i < known.length - 1 && known[i][0] < step) i++;
    const [b, y] = known[i];
    const [a, x] = i === 0 ? [0, 0] : known[i - 1];
    return b === a ? y : x + (y - x) * Math.min(1, (step - a) / (b - a));
  };
}

function placed(run, points, log) {
  const at = across(run);
  return (log ? points.filter(([, value]) => value > 0) : points).map(([step, value]) => [at(step), value]);
}

/** An exponential average without the bias of its beginning. */
function smoothed(points) {
  let average = 0;
  let weight = 0;
  return points.map(([step, value]) => {
    average = view.smooth * average + (1 - view.smooth) * value;
    weight = view.smooth * weight + 1 - view.smooth;
    return [step, average / weight];
  });
}

function curve(run, what, points, width, opacity, symbol) {
  return {type: 'line', name: run.name + what, id: run.name + what, data: points, showSymbol: Boolean(symbol), symbol: 'circle', symbolSize: 6,
    itemStyle: {color: run.colour, opacity}, lineStyle: {color: run.colour, width, opacity, type: run.dashed ? 'dashed' : 'solid'}, emphasis: {disabled: true}};
}

/** The first run is drawn last, over the others. */
function series(key, log) {
  return [...runs.values()].reverse().filter(run => run.shown).flatMap(run => {
    const points = placed(run, run.curves[key] || [], log);
    const means = view.smooth && run.means[key];
    const made = means ? [curve(run, ' ', points, 1, 0.25), curve(run, '', placed(run, smoothed(means), log), 2, 1)] : [curve(run, '', points, 1.5, 1, key === 'score')];
    if (key === 'loss') made.push(curve(run, ', validation', placed(run, run.curves.validation || [], log), 1, 1, true));
    return made.filter(one => one.data.length);
  });
}

const charts = measures.map(([key, name, log]) => {
  const box = element('div', {className: 'chart'}, element('h3', {}, name));
  const logY = () => (key === 'loss' ? view.log : log);
  const draw = plot(box, 'plot', colour => {
    const made = series(key, logY());
    const options = lines(made, {name: axes.find(([x]) => x === view.x)[1]}, {name: '', log: logY()}, colour);
    options.grid = {left: 64, right: 30, top: 28, bottom: 44};
    options.xAxis.axisLabel.formatter = value => value.toLocaleString('en');
    options.xAxis.axisLabel.hideOverlap = true;
    delete options.legend;
    options.tooltip = {trigger: 'axis', confine: true, axisPointer: {type: 'line'},
      formatter: all => hint(view.x + ' ' + number(all[0].value[0]), ...all.filter(p => !p.seriesName.endsWith(' ')).map(p => p.seriesName + ': ' + number(p.value[1])))};
    return options;
  });
  const chart = {key, box, draw, seen: true, update: () => draw.series(series(key, logY()))};
  new IntersectionObserver(entries => {
    chart.seen = entries[entries.length - 1].isIntersecting;
    if (chart.seen) later([chart]);
  }).observe(box);
  return chart;
});

const waiting = new Set();

/** Draws charts that can be seen, one a frame, so that the page answers in between. */
function later(some) {
  const idle = waiting.size === 0;
  some.filter(chart => chart.seen).forEach(chart => waiting.add(chart));
  if (idle && waiting.size > 0) requestAnimationFrame(next);
}

function next() {
  const [chart] = waiting;
  chart.update();
  waiting.delete(chart);
  if (waiting.size > 0) requestAnimationFrame(next);
}

function duration(seconds) {
  const whole = Math.round(seconds);
  const two = value => String(value).padStart(2, '0');
  return Math.floor(whole / 3600) + ':' + two(Math.floor(whole / 60) % 60) + ':' + two(whole % 60);
}

const title = element('h1', {}, data.title);
const state = element('p', {className: 'state'});
const bar = element('progress', {max: 1, hidden: true});
const status = element('div', {});
const table_ = element('div', {});
const samples = element('div', {});
const settings = element('div', {});

function fixed(value) {
  return value === undefined || value === null ? '' : value.toFixed(4);
}

/** A sentence about the run that the page is about. */
function stand(run) {
  const at = run.latest;
  if (at.step === undefined) return 'Nothing measured yet.';
  const all = run.maxSteps || Number(run.config['max-steps']) || 0;
  const parts = ['step ' + many(at.step) + (all ? ' of ' + many(all) : '')];
  if (at.loss !== undefined) parts.push('loss ' + fixed(at.loss));
  if (run.evaluated.loss !== undefined) parts.push('validation loss ' + fixed(run.evaluated.loss) + ' at step ' + many(run.evaluated.step));
  else if (run.evaluated.full !== undefined) parts.push('validation metric ' + fixed(run.evaluated.full) + ' at step ' + many(run.evaluated.step));
  if (run.speed) parts.push(many(run.speed) + ' tokens/s');
  if (at.seconds !== undefined) parts.push(duration(at.seconds) + ' of training');
  if (data.events && all > at.step && run.speed && at.step > 0) parts.push('about ' + duration((all - at.step) * at.tokens / at.step / run.speed) + ' to go');
  bar.hidden = !all;
  bar.value = all ? Math.min(1, at.step / all) : 0;
  return parts.join(' · ');
}

/** The settings in which runs differ. */
function differences() {
  const all = [...runs.values()].filter(run => Object.keys(run.config).length);
  const keys = [...new Set(all.flatMap(run => Object.keys(run.config)))];
  return keys.filter(key => !places.has(key) && all.some(run => run.config[key] !== all[0].config[key]));
}

let rowsOf = null;

/** The table of runs is made anew only when there are others; its numbers change. */
function list() {
  const keys = differences();
  const signature = JSON.stringify([[...runs.keys()], keys]);
  const cells = run => [many(run.latest.step), fixed(run.latest.loss), fixed(run.evaluated.loss ?? run.evaluated.full), fixed(run.best), many(run.speed), ...keys.map(key => run.config[key] || '')];
  if (rowsOf === null || rowsOf.signature !== signature) {
    rowsOf = {signature, rows: new Map()};
    const body = element('tbody', {});
    for (const run of runs.values()) {
      const tick = element('input', {type: 'checkbox', checked: run.shown});
      tick.addEventListener('change', () => { run.shown = tick.checked; update(); });
      const dot = element('span', {className: 'dot'});
      dot.style.background = run.colour;
      const values = cells(run).map(() => element('td', {}));
      rowsOf.rows.set(run.name, values);
      body.append(element('tr', {}, element('td', {}, element('label', {}, tick, dot, run.name)), ...values));
    }
    table_.replaceChildren(element('div', {className: 'scroll'}, element('table', {},
      element('thead', {}, element('tr', {}, ...['run', 'step', 'loss', 'validation', 'best', 'tokens/s', ...keys].map(head => element('th', {}, head)))), body)));
  }
  for (const run of runs.values()) cells(run).forEach((text, i) => { rowsOf.rows.get(run.name)[i].textContent = text; });
}

let told = null;

/** Samples of the runs that are shown, the newest of each open; of runs beside the first no older ones. */
function texts() {
  const all = [...runs.values()].filter(run => run.shown && run.samples.length);
  const signature = all.map(run => run.name + run.samples[0].step).join();
  if (signature === told) return;
  told = signature;
  samples.replaceChildren(...(all.length ? [element('h2', {}, 'Samples')] : []), ...all.flatMap(run => run.samples.slice(0, run === all[0] ? run.samples.length : 1).map((sample, i) =>
    folded(run.name + ', step ' + many(sample.step), i === 0, parent => parent.append(element('pre', {}, sample.text))))));
}

function tell(run) {
  const rows = Object.entries(run.config);
  const signature = JSON.stringify(rows);
  if (settings.dataset.shown === signature || rows.length === 0) return;
  settings.dataset.shown = signature;
  settings.replaceChildren(element('h2', {}, 'Settings'), folded('All settings of ' + run.name, false, parent => parent.append(table('', ['key', 'value'], rows, [0, 1]))));
}

function update() {
  for (const chart of charts) {
    chart.box.hidden = ![...runs.values()].some(run => (run.curves[chart.key] || []).length);
  }
  later(charts);
  list();
  texts();
  if (runs.size === 0) return;
  const first = runs.get(data.title) || runs.values().next().value;
  if (!data.study) {
    state.textContent = stand(first) + (ended ? ' · ' + ended : '');
    tell(first);
  }
}

function study(s) {
  const sum = key => s.lines.reduce((total, line) => total + line[key], 0);
  const all = sum('done') + sum('pruned') + sum('running') + sum('stopped') + sum('failed') + sum('left');
  bar.hidden = false;
  bar.value = all ? (sum('done') + sum('pruned') + sum('failed')) / all : 0;
  state.textContent = s.summary + (ended ? ' · ' + ended : '');
  status.replaceChildren(table('Trials', ['size', 'optimiser', 'done', 'pruned', 'running', 'stopped', 'failed', 'left', 'seconds left'],
    s.lines.map(l => [l.size, l.optimizer, l.done, l.pruned, l.running, l.stopped, failures(l.failed), l.left, l.secondsLeft === null ? '' : many(l.secondsLeft)].map(cell =>
      (typeof cell === 'number' ? String(cell) : cell))), [1]),
    element('p', {}, element('a', {href: 'study'}, 'What was found so far'), ' takes a moment to compute.'));
}

let ended = '';
let lastStatus = null;
let due = false;

/** Draws what came, once a second at most, and not while nobody can see it. */
function soon() {
  if (due) return;
  due = true;
  setTimeout(() => requestAnimationFrame(() => { due = false; update(); }), REDRAWN_MS);
}

function redraw() {
  charts.forEach(chart => chart.draw());
}

content.append(title, state, bar, status, element('p', {},
  choice('across', axes, value => { view.x = value; redraw(); }),
  choice('loss', [['', 'linear'], ['log', 'logarithmic']], value => { view.log = value === 'log'; redraw(); }),
  choice('smoothing', [['0.9', '0.9'], ['0.97', '0.97'], ['0', 'none']], value => { view.smooth = Number(value); update(); })),
  element('div', {className: 'charts'}, ...charts.map(chart => chart.box)), element('h2', {}, data.study ? 'Running trials' : 'Runs'), table_, samples, settings);
document.title = data.title + ', Pullback';
data.runs.forEach(take);
update();
if (data.events) {
  const source = new EventSource(data.events);
  let fresh = true;
  source.addEventListener('message', event => {
    const message = JSON.parse(event.data);
    if (message.status) {
      for (const name of [...runs.keys()]) if (!message.running.includes(name)) runs.delete(name);
      study(lastStatus = message.status);
    }
    else take(message);
    if (fresh) update();
    fresh = false;
    soon();
  });
  source.addEventListener('end', () => {
    source.close();
    ended = 'ended';
    if (lastStatus) study(lastStatus);
    soon();
  });
  source.addEventListener('open', () => { ended = ''; soon(); });
  source.addEventListener('error', () => {
    ended = 'no connection';
    if (lastStatus) study(lastStatus);
    soon();
  });
}
