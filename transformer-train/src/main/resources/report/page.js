'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const content = document.getElementById('content');
const dark = matchMedia('(prefers-color-scheme: dark)');

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties || {});
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

function number(value) {
  if (value === null || value === undefined) return '';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return value.toLocaleString('en');
  if (size < 1e-4 || size >= 1e6) return value.toExponential(2);
  return String(Number(value.toPrecision(size < 1e-2 ? 3 : 4)));
}

/** A count. */
function many(value) {
  return value === undefined || value === null ? '' : Math.round(value).toLocaleString('en');
}

function signed(value) {
  return value === null || value === undefined ? '' : (value > 0 ? '+' : '') + number(value);
}

/** Mean and standard deviation, where there are. */
function spread(s) {
  return !s || s.mean === null ? '' : number(s.mean) + (s.standardDeviation === null ? '' : ' ± ' + number(s.standardDeviation));
}

/** Mean, standard deviation, least and greatest of a summary. */
function summary(s) {
  if (!s || s.count === 0) return '';
  return s.count === 1 ? spread(s) : element('span', {}, spread(s), element('br'), '(' + range(s) + ')');
}

/** From the least to the greatest of a summary. */
function range(s) {
  return number(s.min) + ' to ' + number(s.max);
}

/** The one value of a summary, or its range. */
function total(s) {
  return s.min === s.max ? number(s.min) : range(s);
}

function interval(i) {
  if (!i || i.mean === null) return '';
  return i.low === null ? number(i.mean) : number(i.mean) + ' [' + number(i.low) + ', ' + number(i.high) + ']';
}

/** The lines of a tooltip. */
function hint(...lines) {
  return lines.map(echarts.format.encodeHTML).join('<br>');
}

function failures(failed) {
  return failed ? element('span', {className: 'failed'}, String(failed)) : '0';
}

/** A table; columns without a value are left out. */
function table(caption, heads, rows, textColumns) {
  const used = heads.map((head, i) => i).filter(i => rows.some(row => row[i] !== ''));
  const text = new Set((textColumns || []).map(i => used.indexOf(i)));
  const only = row => used.map(i => row[i]);
  heads = only(heads);
  rows = rows.map(only);
  return element('div', {className: 'scroll'}, element('table', {},
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...heads.map((head, i) => element('th', {className: text.has(i) ? 'text' : ''}, head)))),
    element('tbody', {}, ...rows.map(row => element('tr', {}, ...row.map((cell, i) =>
      element('td', {className: text.has(i) ? 'text' : ''}, cell)))))));
}

function section(title, explanation, ...children) {
  if (children.length === 0) return;
  if (explanation) children.unshift(element('p', {}, explanation));
  content.append(element('h2', {}, title), ...children);
}

/** A part that is drawn when it is first opened. */
function folded(title, open, draw) {
  const details = element('details', {}, element('summary', {}, title));
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) draw(details);
  });
  details.open = open;
  return details;
}

/** A plot that follows the window and the colour scheme; options(colour) gives what it shows. */
function plot(parent, className, options) {
  const box = element('div', {className});
  parent.append(box);
  let chart = null;
  const draw = () => {
    if (chart) chart.dispose();
    const style = getComputedStyle(document.documentElement);
    chart = echarts.init(box);
    chart.setOption(options(name => style.getPropertyValue('--' + name).trim()));
  };
  dark.addEventListener('change', draw);
  new ResizeObserver(() => chart && chart.resize()).observe(box);
  requestAnimationFrame(draw);
  draw.series = made => chart && chart.setOption({series: made}, {replaceMerge: ['series']});
  return draw;
}

function axis(name, log, colour) {
  return {
    type: log ? 'log' : 'value', name, nameLocation: 'middle', nameGap: 64, scale: true,
    nameTextStyle: {color: colour('soft')}, axisLabel: {color: colour('soft'), formatter: number, hideOverlap: true},
    axisLine: {lineStyle: {color: colour('line')}}, splitLine: {lineStyle: {color: colour('line')}},
  };
}

/** A logarithmic axis ends at powers of its base: those of 2 waste less where values span little. */
function logBase(series, dimension) {
  const values = series.flatMap(s => s.data.map(point => point[dimension]));
  const range = values.reduce((range, v) => [Math.min(range[0], v), Math.max(range[1], v)], [Infinity, 0]);
  return range[1] > 1000 * range[0] ? 10 : 2;
}

function lines(series, x, y, colour) {
  return {
    animation: false, color: data.colours,
    grid: {left: 88, right: 36, top: 64, bottom: 50},
    legend: {type: 'scroll', top: 26, left: 0, textStyle: {color: colour('text')}, pageTextStyle: {color: colour('text')}},
    toolbox: {right: 0, feature: {dataZoom: {title: {zoom: 'zoom', back: 'undo'}}, restore: {title: 'all'}, saveAsImage: {title: 'save'}}},
    tooltip: {trigger: 'item', formatter: p => hint(p.seriesName, x.name + ' ' + number(p.value[0]), y.name + ' ' + number(p.value[1]))},
    xAxis: {...axis(x.name, x.log, colour), nameGap: 28, ...(x.log && {logBase: logBase(series, 0)})},
    yAxis: {...axis(y.name, y.log, colour), ...(y.log && {logBase: logBase(series, 1)})},
    dataZoom: [{type: 'inside', xAxisIndex: 0}, {type: 'inside', yAxisIndex: 0, zoomOnMouseWheel: false}],
    series,
  };
}

function choice(label, values, change) {
  const select = element('select', {}, ...values.map(([value, text]) => element('option', {value}, text)));
  select.addEventListener('change', () => change(select.value));
  return element('label', {}, label + ' ', select);
}

/** Every hyperparameter with all its digits. */
function hyperparameters(values) {
  return Object.entries(values).map(([name, value]) => name + ' ' + value).join(', ');
}
