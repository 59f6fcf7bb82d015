'use strict';

/** One curve for each trial; those of one name share colour and legend. */
function curves(group, kind, x, y, logX, logY) {
  const made = [];
  for (const series of group.series) {
    for (const trial of series.trials) {
      const xs = trial[kind][x];
      const ys = trial[kind][y];
      if (!xs || !ys) continue;
      const points = xs.map((value, i) => [value, ys[i]])
        .filter(([a, b]) => a !== null && b !== null && (!logX || a > 0) && (!logY || b > 0));
      if (points.length === 0) continue;
      const colour = data.colours[series.colour % data.colours.length];
      made.push({
        // Only symbols can be pointed at; where they are many they show when that happens.
        type: 'line', name: series.name, data: points, symbolSize: points.length < 60 ? 4 : 6,
        itemStyle: {color: colour, opacity: points.length < 60 ? 1 : 0}, emphasis: {itemStyle: {opacity: 1}},
        lineStyle: {width: 1.5, color: colour, type: series.colour >= data.colours.length ? 'dashed' : 'solid'},
      });
    }
  }
  return made;
}

function has(group, kind, name) {
  return group.series.some(series => series.trials.some(trial => trial[kind][name]));
}

/** A plot with a choice of axes. */
function chosen(parent, group, kind, xs, ys, logX) {
  xs = xs.filter(([name]) => has(group, kind, name));
  ys = ys.filter(([name]) => has(group, kind, name));
  if (xs.length === 0 || ys.length === 0) return;
  let x = xs[0][0];
  let y = ys[0][0];
  const name = (list, value) => list.find(entry => entry[0] === value)[1];
  const logY = () => (ys.find(entry => entry[0] === y)[2] !== false);
  const wantLogX = () => logX && x === 'loss';
  let redraw = null;
  parent.append(element('p', {}, choice('across', xs, value => { x = value; redraw(); }), choice('up', ys, value => { y = value; redraw(); })));
  redraw = plot(parent, 'plot', colour => lines(curves(group, kind, x, y, wantLogX(), logY()),
    {name: name(xs, x), log: wantLogX()}, {name: name(ys, y), log: logY()}, colour));
}

function training() {
  const tables = data.training.map(t => table(t.title + ', ' + (t.metric || 'metric') + (t.lowerIsBetter ? ', lower is better' : ', higher is better'),
    ['optimizer', 'paper, 50 best runs', 'paper, best', 'ours, best', 'difference', 'paper, final', 'ours, final', 'full split, best', 'epochs', 'training examples', 'runs, failed ones'],
    t.lines.map(l => [l.optimizer, spread(l.paperTopFifty), number(l.paperBest), summary(l.best), signed(l.bestDifference), number(l.paperFinal), spread(l.last),
      spread(l.bestFull), total(l.epochs), total(l.examples), element('span', {}, l.runs + ', ', failures(l.failed))])));
  if (data.functions.length > 0) {
    tables.push(table('functions of two variables', ['function', 'optimizer', 'paper, steps', 'ours, steps', 'difference', 'paper, final', 'ours, final', 'not converged', 'failed'],
      data.functions.map(l => [l.function, l.optimizer, number(l.paperSteps), summary(l.steps), signed(l.difference), number(l.paperFinal), summary(l.last),
        String(l.unconverged), failures(l.failed)]), [1]));
  }
  section('The paper\u2019s tables beside ours', 'Mean ± standard deviation over seeds (least to greatest); metrics on whole batches, as the paper took them, unless said otherwise.', ...tables);
}

function searches() {
  section('Searches', 'The best of each optimizer\u2019s trials. Its hyperparameters on fresh seeds are \u201csearched\u201d in the tables above.', ...data.searches.map(s =>
    table(s.title + ', best ' + (s.metric || 'metric'), ['optimizer', 'trials', 'failed', 'best', 'steps', 'trial', 'hyperparameters'],
      s.lines.map(l => [l.optimizer, String(l.trials), failures(l.failed),
        ...(l.best ? [number(l.best.best), number(l.best.steps), l.best.variant, hyperparameters(l.best.hyperparameters)] : ['', '', '', ''])]), [6])));
}

function ablations() {
  const parts = [];
  for (const a of data.ablations) {
    parts.push(table(a.title + ', ' + a.optimizer + ', best ' + a.metric, ['variant', 'mean [95 % interval]', 'minus base, by seed', 'what that shows', 'runs', 'failed'],
      a.lines.map(l => [l.variant, interval(l.best), interval(l.difference), l.sentence, String(l.runs), failures(l.failed)]), [3]));
    const box = element('div', {});
    parts.push(box);
    const drawn = a.lines.filter(l => l.best.mean !== null);
    plot(box, 'plot', colour => ({
      animation: false, grid: {left: 88, right: 20, top: 20, bottom: 80},
      tooltip: {trigger: 'item', formatter: p => hint(drawn[p.dataIndex].variant, interval(drawn[p.dataIndex].best))},
      xAxis: {type: 'category', data: drawn.map(l => l.variant), axisLabel: {color: colour('soft'), rotate: 35}},
      yAxis: axis('best ' + a.metric, false, colour),
      series: [
        {type: 'custom', data: drawn.map((l, i) => [i, l.best.low === null ? l.best.mean : l.best.low, l.best.high === null ? l.best.mean : l.best.high]),
          encode: {x: 0, y: [1, 2]},
          renderItem: (params, api) => {
            const low = api.coord([api.value(0), api.value(1)]);
            const high = api.coord([api.value(0), api.value(2)]);
            return {type: 'line', shape: {x1: low[0], y1: low[1], x2: high[0], y2: high[1]}, style: {stroke: data.colours[0], lineWidth: 2}};
          }},
        {type: 'scatter', data: drawn.map(l => l.best.mean), symbolSize: 9, itemStyle: {color: data.colours[0]}},
      ],
    }));
  }
  section('Ablations', 'Intervals are Student\u2019s, over seeds; differences are taken between trials of the same seed.', ...parts);
}

function lossCurves() {
  section('Curves', 'Every trial is a curve.', ...data.groups.map((group, i) => folded(group.title, i === 0, parent =>
    chosen(parent, group, 'epochs', [['epoch', 'epoch'], ['step', 'step'], ['seconds', 'seconds of training']],
      [['paper', group.metric || 'metric', group.lowerIsBetter], ['loss', 'training loss'], ['full', (group.metric || 'metric') + ', full split', group.lowerIsBetter]], false))));
}

function mechanism() {
  const groups = data.groups.filter(group => has(group, 'steps', 'step'));
  section('Mechanism', 'Effective learning rate (learning rate times metric scale), gradient norm, trace and metric scale of each step.',
    ...groups.map(group => folded(group.title, false, parent =>
      chosen(parent, group, 'steps', [['step', 'step'], ['loss', 'training loss of the step']],
        [['rate', 'effective learning rate'], ['metricScale', 'metric scale s'], ['trace', 'trace T'], ['gradientNorm', 'gradient norm']], true))));
}

function speedruns() {
  section('Time to target', 'Median epochs (seconds of training) of the trials; in brackets the paper\u2019s best run, and how many trials got there.', ...data.speedruns.map(run =>
    table(run.title + ', ' + run.metric, ['optimizer', ...run.targets], run.lines.map(line => [line.optimizer, ...line.cells.map(cell =>
      (cell.epochs === null ? '\u2013' : number(cell.epochs) + ' (' + number(cell.seconds) + ' s)')
        + (cell.paperEpochs === null ? '' : ' [paper ' + cell.paperEpochs + ']') + ' ' + cell.reached + '/' + cell.runs)]))));
}

/** Contour lines as one broken line in the function's coordinates. */
function contours(grid) {
  const points = [];
  for (const shape of d3.contours().size([grid.cells, grid.cells]).thresholds(grid.levels)(grid.values)) {
    for (const ring of shape.coordinates.flat()) {
      for (const [column, row] of ring) {
        points.push([grid.left + column * grid.side / grid.cells, grid.bottom + row * grid.side / grid.cells]);
      }
      points.push([null, null]);
    }
  }
  return points;
}

function trajectories() {
  section('Trajectories', 'On contours of log f; each path begins at the same point.', ...data.grids.map((grid, i) => folded(grid.function, i === 0, parent => {
    const group = data.groups.find(g => g.function === grid.function && has(g, 'path', 'x'));
    plot(parent, 'square', colour => {
      const options = lines(curves(group, 'path', 'x', 'y', false, false), {name: 'x'}, {name: 'y'}, colour);
      options.xAxis.min = grid.left;
      options.xAxis.max = grid.left + grid.side;
      options.yAxis.min = grid.bottom;
      options.yAxis.max = grid.bottom + grid.side;
      options.xAxis.splitLine = options.yAxis.splitLine = {show: false};
      options.series.forEach(series => { series.symbolSize = 4; series.itemStyle.opacity = 1; });
      options.series.unshift({type: 'line', data: contours(grid), showSymbol: false, silent: true, connectNulls: false, lineStyle: {width: 1, color: colour('line')}});
      return options;
    });
  })));
}

function wallClock() {
  section('Wall-clock time', 'Seconds of training, median over a trial\u2019s epochs; mean ± standard deviation over trials.', ...data.wallClock.map(t =>
    table(t.title, ['optimizer', 's per step', 's per epoch'], t.lines.map(l => [l.name, summary(l.perStep), summary(l.perEpoch)]))));
}

function commands() {
  const unknown = 'unknown';
  const all = [...new Set(data.trials.map(t => t.run.command || unknown))];
  const rows = data.trials.map(t => [t.group, t.optimizer, t.variant || '', String(t.seed), number(t.epochs),
    t.failed ? element('span', {className: 'failed'}, t.failure || 'failed') : 'complete',
    hyperparameters(t.hyperparameters), [t.run.engine, t.run.precision].filter(Boolean).join(', '), String(1 + all.indexOf(t.run.command || unknown))]);
  const details = folded('All ' + rows.length + ' trials', false, parent =>
    parent.append(table('', ['task', 'optimizer', 'variant', 'seed', 'epochs', 'state', 'hyperparameters', 'engine, precision', 'command'], rows, [1, 2, 5, 6, 7])));
  section('Trials', 'With the commands that ran them.', element('ol', {}, ...all.map(command => element('li', {}, element('code', {}, command)))), details);
}

training();
searches();
ablations();
lossCurves();
mechanism();
speedruns();
trajectories();
wallClock();
commands();
