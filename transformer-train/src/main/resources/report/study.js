'use strict';

const names = [...new Set(data.sizes.flatMap(size => size.lines.map(line => line.optimizer)))];
const byParameters = data.sizes.every(size => size.parameters !== null);

function colourOf(name) {
  return data.colours[names.indexOf(name) % data.colours.length];
}

/** Eight colours are told apart; further names have other marks and broken lines. */
function look(name) {
  const again = names.indexOf(name) >= data.colours.length;
  return {
    name, symbol: again ? 'diamond' : 'circle', itemStyle: {color: colourOf(name)},
    lineStyle: {width: 1.5, color: colourOf(name), type: again ? 'dashed' : 'solid'},
  };
}

/** The sizes that a curve goes through. */
const ladder = data.sizes.filter(size => data.ladder.includes(size.name));

function place(size, i) {
  return byParameters ? size.parameters : i;
}

/** One point a size; its x axis. */
function sizes(colour) {
  return byParameters ? {name: 'weights without embeddings', log: true}
    : {name: 'size: ' + data.sizes.map((size, i) => i + ' ' + size.name).join(', ')};
}

/** Lines from low to high. */
function bars(name, points) {
  return {type: 'custom', ...look(name), silent: true, data: points,
    renderItem: (params, api) => {
      const low = api.coord([api.value(0), api.value(1)]);
      const high = api.coord([api.value(0), api.value(2)]);
      return {type: 'line', shape: {x1: low[0], y1: low[1], x2: high[0], y2: high[1]}, style: {stroke: colourOf(name), lineWidth: 1.5}};
    }};
}

function answers() {
  section('What was found', data.protocol + ' Every sentence follows from an interval.',
    ...data.sizes.map(size => element('div', {}, element('h3', {}, 'Size ' + size.name
      + (size.parameters === null ? '' : ', ' + many(size.parameters) + ' weights without embeddings' + (size.tokens ? ', ' + many(size.tokens) + ' tokens' : ''))),
      ...(size.byLaw ? [element('p', {}, size.byLaw)] : []),
      list(size.lines.filter(line => line.sentence).map(line => line.sentence)
        .concat(size.notBegun.length ? ['Not begun: ' + size.notBegun.join(', ') + '.'] : [])),
      ...(size.lines.length ? [results(size)] : []))));
}

function results(size) {
  return table('', ['optimiser', 'validation loss', 'seeds', 'minus ' + data.baseline + ' [95 % interval]', 'p (Holm)', 'failed, tuning', 'diverged, tuning', 'failed, evaluation'],
    size.lines.map(line => [line.optimizer, spread(line.loss), String(line.loss.count), interval(line.difference), number(line.p),
      failures(line.failedTuning), failures(line.divergedTuning), failures(line.failedEvaluation)]));
}

function againstSize() {
  if (data.sizes.length < 2) return;
  const box = element('div', {});
  section('Loss against size', 'Means over seeds; bars are 95 % intervals.' + (ladder.length < data.sizes.length ? ' Of the budgets, the one in tokens a weight that most sizes have.' : ''), box);
  plot(box, 'plot', colour => {
    const series = names.map(name => ({type: 'line', symbolSize: 8, ...look(name),
      data: ladder.flatMap((size, i) => size.lines.filter(l => l.optimizer === name && l.interval.mean !== null).map(l => [place(size, i), l.interval.mean]))}));
    const options = lines(series, sizes(), {name: 'validation loss'}, colour);
    options.series = series.concat(names.map(name => bars(name,
      ladder.flatMap((size, i) => size.lines.filter(l => l.optimizer === name && l.interval.low !== null).map(l => [place(size, i), l.interval.low, l.interval.high])))));
    return options;
  });
}

/** An estimate of a fit; what nothing bounds is null. */
function bounds(b) {
  const end = value => value === null ? 'unbounded' : number(value);
  return b.value === b.low && b.low === b.high ? end(b.value) : end(b.value) + ' [' + end(b.low) + ', ' + end(b.high) + ']';
}

function claim(c) {
  return c === null ? '' : bounds(c.ratio) + ', ' + c.verdict;
}

function list(sentences) {
  return element('ul', {}, ...sentences.map(sentence => element('li', {}, sentence)));
}

function known(points) {
  return points.filter(p => p.value.value !== null).map(p => [p.parameters, p.value.value]);
}

/** The area between the ends of intervals, under a curve. */
function band(name, line) {
  const inner = line.filter(p => p.value.low !== null && p.value.high !== null);
  const edge = inner.map(p => [p.parameters, p.value.low]).concat(inner.map(p => [p.parameters, p.value.high]).reverse());
  return {type: 'custom', ...look(name), silent: true, data: edge, renderItem: (params, api) => params.dataIndex ? null
    : {type: 'polygon', shape: {points: edge.map(p => api.coord(p))}, style: {fill: colourOf(name), opacity: 0.15}}};
}

const weights = {name: 'weights without embeddings', log: true};

function law() {
  const fit = data.fit;
  if (!fit) return;
  section('Law', 'Fitted to the complete evaluation trials of optimisers with three sizes or more. Bands and intervals are 95 % and say what other seeds would change (' + fit.draws + ' draws); verdicts are not corrected for the number of comparisons.',
    list(fit.law ? fit.law.efficiencies.map(e => e.sentence).concat(fit.heldOut.map(h => 'Predicted from smaller sizes: ' + h.sentence),
      fit.predictions.map(p => 'At ' + many(p.parameters) + ' weights, ' + p.sentence)) : []));
  if (fit.law) {
    content.append(element('p', {}, fit.law.formula));
    plot(content, 'plot', colour => lines(fit.law.curves.flatMap(c => [
      {type: 'line', showSymbol: false, ...look(c.optimizer), data: known(c.line)},
      {type: 'scatter', symbolSize: 8, ...look(c.optimizer), data: known(c.points)},
      band(c.optimizer, c.line)]), weights, {name: 'validation loss', log: true}, colour));
    content.append(element('p', {}, 'Curves and means of seeds at ' + number(fit.law.tokensPerParameter) + ' tokens a weight.'),
      table('', ['parameter', 'variable projection', 'L-BFGS [95 % interval]'],
        fit.law.parameters.map(p => [p.name, number(p.variableProjection), bounds(p.lbfgs)])),
      table('', ['optimiser', 'efficiency, parameters', 'efficiency, tokens'],
        fit.law.efficiencies.map(e => [e.optimizer, claim(e.parameters), claim(e.tokens)])));
  }
  if (fit.speedUps.length) speedUps(fit.speedUps);
  content.append(list(fit.notes));
}

function speedUps(all) {
  const own = (name, key) => all.filter(s => s.optimizer === name && s[key] && s[key].ratio.value > 0);
  content.append(element('h3', {}, 'Speed-up over ' + data.baseline));
  plot(content, 'plot', colour => lines(names.flatMap(name => [
    {type: 'scatter', symbolSize: 8, ...look(name), data: own(name, 'ofLaw').map(s => [s.parameters, s.ofLaw.ratio.value])},
    bars(name, own(name, 'ofLaw').filter(s => s.ofLaw.ratio.low > 0 && s.ofLaw.ratio.high).map(s => [s.parameters, s.ofLaw.ratio.low, s.ofLaw.ratio.high])),
    {type: 'scatter', ...look(name), symbol: 'triangle', data: own(name, 'measured').map(s => [s.parameters, s.measured.ratio.value])}]),
    weights, {name: 'speed-up', log: true}, colour));
  content.append(element('p', {}, 'Triangles were measured, the rest follows from the law.'), table('', ['optimiser', 'weights', 'tokens', 'from the law', 'measured'],
    all.map(s => [s.optimizer, many(s.parameters), many(s.tokens), claim(s.ofLaw), claim(s.measured)])));
}

/** What was fitted to tuned values, among them ξ times the trace, which was not searched itself. */
const fittedValues = data.fit ? data.fit.hyperparameters : [];

/** The tuned values of an optimiser across sizes. */
function optima(name, key) {
  const own = fittedValues.find(t => t.optimizer === name && t.hyperparameter === key);
  const value = size => {
    const line = size.lines.find(l => l.optimizer === name);
    if (line && line.tuned[key] !== undefined) return line.tuned[key];
    const optimum = own && own.optima.find(o => o.size === size.name);
    return optimum && optimum.value;
  };
  return ladder.map((size, i) => [place(size, i), value(size)]).filter(([, known]) => known !== undefined);
}

/** The laws of a tuned hyperparameter, drawn beside its optima. */
function tunedLaws(key) {
  return fittedValues.filter(t => t.hyperparameter === key)
    .map(t => ({type: 'line', showSymbol: false, ...look(t.optimizer), lineStyle: {type: 'dotted', width: 2, color: colourOf(t.optimizer)}, data: known(t.line)}));
}

function tuned() {
  const keys = [...new Set(data.sizes.flatMap(size => size.lines.flatMap(line => Object.keys(line.ranges))))];
  const rows = data.sizes.flatMap(size => size.lines.flatMap(line => Object.entries(line.ranges).map(([key, range]) =>
    [size.name, line.optimizer, key, number(line.tuned[key]), range, line.atEdge.includes(key) ? 'yes' : line.tuned[key] === undefined ? '' : 'no'])));
  const parts = [folded('All ' + rows.length + ' tuned values', rows.length <= 20, parent =>
    parent.append(table('', ['size', 'optimiser', 'hyperparameter', 'tuned', 'range', 'at an edge'], rows, [1, 2])))];
  if (data.sizes.length > 1) {
    const box = element('div', {});
    let key = keys[0];
    let redraw = null;
    const all = [...new Set(keys.concat(fittedValues.map(t => t.hyperparameter)))];
    box.append(element('p', {}, choice('up', all.map(k => [k, k]), value => { key = value; redraw(); })));
    redraw = plot(box, 'plot', colour => lines(names.map(name => ({type: 'line', symbolSize: 8, ...look(name), data: optima(name, key)})).concat(tunedLaws(key)),
      sizes(), {name: 'tuned ' + key, log: true}, colour));
    parts.unshift(box);
    if (data.fit) parts.push(list(fittedValues.map(t => t.sentence)));
  }
  parts.push(element('p', {}, 'Not searched, defaults included:'), table('', ['optimiser', 'rule', 'at size', 'hyperparameters'],
    data.fixed.map(f => [f.optimizer, f.rule, f.size, hyperparameters(f.values)]), [1, 2, 3]));
  section('Tuned hyperparameters', 'An optimum at an edge of its range says that the range was too narrow.', ...parts);
}

/** Options have dashes, hyperparameters of optimisers underscores. */
function searched(trial, key) {
  return trial.hyperparameters[key.replaceAll('-', '_')];
}

function sensitivity() {
  const box = element('div', {});
  section('Sensitivity', 'All tuning trials that came to their end.', box);
  const keys = [...new Set(data.sizes.flatMap(size => size.lines.flatMap(line => Object.keys(line.ranges))))];
  let size = data.sizes[0].name;
  let key = keys[0];
  let redraw = null;
  box.append(element('p', {}, choice('size', data.sizes.map(s => [s.name, s.name]), value => { size = value; redraw(); }),
    choice('across', keys.map(k => [k, k]), value => { key = value; redraw(); })));
  redraw = plot(box, 'plot', colour => lines(names.map(name => ({type: 'line', symbolSize: 7, ...look(name),
    data: data.trials.filter(t => t.size === size && t.optimizer === name && t.phase === 'tuning' && t.status === 'complete' && searched(t, key) !== undefined)
      .map(t => [searched(t, key), t.loss]).sort((a, b) => a[0] - b[0])})),
    {name: key, log: true}, {name: 'validation loss'}, colour));
}

/** Unknown where only the text says how many tokens there are. */
function flops(trials) {
  const perToken = new Map(data.sizes.map(size => [size.name, size.flopsPerToken]));
  return trials.every(t => perToken.get(t.size)) ? trials.reduce((total, t) => total + (t.tokens || 0) * perToken.get(t.size), 0) : null;
}

function cost() {
  section('Cost', 'Of all trials, tuning included; FLOPs of training are estimated, attention and head included; seconds are those of training steps.', table('', ['optimiser', 'trials', 'failed', 'tokens', 'FLOPs', 'seconds', 'seconds a step'],
    names.map(name => {
      const own = data.trials.filter(t => t.optimizer === name);
      const sum = key => own.reduce((total, t) => total + (t[key] || 0), 0);
      return [name, String(own.length), failures(own.filter(t => t.status === 'failed').length), many(sum('tokens')), number(flops(own)), many(sum('seconds')),
        sum('steps') ? number(sum('seconds') / sum('steps')) : ''];
    })));
}

function trials() {
  const rows = data.trials.map(t => [t.size, t.optimizer, t.phase, String(t.seed),
    t.failure ? element('span', {className: 'failed'}, t.failure) : t.status, number(t.loss), number(t.seconds), hyperparameters(t.hyperparameters)]);
  section('Trials', 'The plan says all else; each trial\u2019s folder holds its document and its measurements.',
    element('p', {}, 'Again: ', element('code', {}, './pullback study run --out DIR'), ', ', element('code', {}, './pullback study rerun --out DIR --pick 3')),
    folded('All ' + rows.length + ' trials', false, parent =>
      parent.append(table('', ['size', 'optimiser', 'phase', 'seed', 'state', 'loss', 'seconds', 'hyperparameters'], rows, [1, 2, 4, 7]))));
}

answers();
againstSize();
law();
tuned();
sensitivity();
cost();
trials();
