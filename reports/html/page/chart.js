(function () {
'use strict';
/* Draws the page's charts. Every chart is data in a block of JSON; what can
   run is here alone: formats, shapes and tooltips, found by name in fixed
   tables. Text of the data is only ever set as text. */
var echarts, pack;
var palettes = JSON.parse(document.getElementById('palette').textContent);
var darkness = window.matchMedia('(prefers-color-scheme: dark)');
var THIN = '\u202f', NARROW = 480;
/* Widths on paper: A4 or letter, landscape, one or two charts in a row. */
var PAPER = 900, PAPER_HALF = 440;
var printing = false;

/* Formats. Three significant digits, as in the tables. */
function three(v) {
  var a = Math.abs(v);
  if (a === 0) { return '0'; }
  a = Number(a.toPrecision(3));
  var text = a >= 100 ? a.toFixed(0) : a.toFixed(Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(a)))));
  var whole = text.split('.')[0].replace(/\B(?=(\d{3})+$)/g, THIN);
  return (v < 0 ? '\u2212' : '') + whole + (text.indexOf('.') < 0 ? '' : '.' + text.split('.')[1]);
}
function plain(text) { return text.indexOf('.') < 0 ? text : text.replace(/\.?0+$/, ''); }
function scaled(v, units) {
  for (var i = 0; i < units.length - 1; i++) {
    if (Number((Math.abs(v) / units[i][0]).toPrecision(3)) < units[i][2]) { break; }
  }
  return [three(v / units[i][0]), units[i][1]];
}
var TIMES = [[1, 'ns', 1e3], [1e3, '\u00b5s', 1e3], [1e6, 'ms', 1e3], [1e9, 's', 1e3], [6e10, 'min', 1e3], [3.6e12, 'h', 1e3], [8.64e13, 'd']];
var RATES = [[1, '/s', 1e3], [1e3, 'k/s', 1e3], [1e6, 'M/s', 1e3], [1e9, 'G/s']];
var SIZES = [[1, 'B', 1000], [1024, 'KiB', 1000], [1048576, 'MiB', 1000], [1073741824, 'GiB', 1000], [1099511627776, 'TiB']];
function time(v) { var s = scaled(v, TIMES); return s[0] + THIN + s[1]; }
function rate(v) { var s = scaled(v, RATES); return s[0] + (s[1] === '/s' ? '' : THIN) + s[1]; }
/* What is below one is never 100%, what is above zero never 0%. */
function percent(v) {
  if (v === 0 || v === 1) { return v * 100 + '%'; }
  if (v > 0 && v < 1e-5) { return '<0.001%'; }
  return three(v > 0 && v < 1 ? Math.min(v * 100, 99.9) : v * 100) + '%';
}
function size(v, short) {
  if (Math.abs(v) < 1000) { return bare(v) + THIN + 'B'; }
  var s = scaled(v, SIZES);
  return (short ? plain(s[0]) : s[0]) + THIN + s[1];
}
function money(v, short) {
  var text = three(Math.abs(v));
  return (v < 0 ? '\u2212' : '') + '$' + (short ? plain(text) : text);
}
/* Whole numbers are told exactly, others with three digits. */
function bare(v) {
  if (v % 1 === 0 && Math.abs(v) < 1e15) { return (v < 0 ? '\u2212' : '') + String(Math.abs(v)).replace(/\B(?=(\d{3})+$)/g, THIN); }
  return plain(three(v));
}
/* The labels of a linear axis of time share one unit. */
function oneTime(max) {
  var unit = TIMES[0];
  TIMES.forEach(function (u) { if (max >= u[0] && (u[0] < 6e10 || max >= 10 * u[0])) { unit = u; } });
  return function (v) { return v === 0 ? '0' : plain(three(v / unit[0])) + THIN + unit[1]; };
}
var formats = {
  ns: { axis: function (v) { var s = scaled(v, TIMES); return v === 0 ? '0' : plain(s[0]) + THIN + s[1]; }, value: time },
  rate: { axis: function (v) { var s = scaled(v, RATES); return plain(s[0]) + s[1].replace('/s', ''); }, value: rate },
  seconds: { axis: function (v) { return plain(three(v)); }, value: function (v) { return three(v) + THIN + 's'; } },
  /* x is 1/(1-q): 100 is the 99th percentile. */
  quantile: { axis: function (v) { return plain((100 - 100 / v).toFixed(Math.max(0, Math.round(Math.log10(v)) - 2))) + '%'; },
    value: function (v) { return plain((100 - 100 / v).toFixed(4)) + '% were faster'; } },
  /* x is log2 of a ratio. */
  octaves: { axis: function (v) {
      var over = plain(three(Math.pow(2, Math.abs(v))));
      return (v < 0 && over.indexOf('.') < 0 ? '1/' + over : plain(three(Math.pow(2, v)))) + '\u00d7';
    },
    value: function (v) { return three(Math.pow(2, v)) + '\u00d7'; } },
  percent: { axis: function (v) { return plain(three(v * 100)) + '%'; }, value: percent },
  bytes: { axis: function (v) { return size(v, true); }, value: function (v) { return size(v, false); } },
  usd: { axis: function (v) { return money(v, true); }, value: function (v) { return money(v, false); } },
  count: { axis: bare, value: bare },
  number: { axis: bare, value: bare },
  name: { axis: function (v) { return v; }, value: function (v) { return v; } }
};
var notes = {
  beyond: function (n) { return n === 0 ? 'the slowest' : three(n) + ' slower'; }
};

/* Shapes of custom series: each gets the series' api and colours. */
function stroke(x1, y1, x2, y2, color, width) {
  return { type: 'line', shape: { x1: x1, y1: y1, x2: x2, y2: y2 }, style: { stroke: color, lineWidth: width } };
}
/* Where column n of a point lies, how wide a bar is, and how far it stands
   from the middle of its place. */
function spot(api, m, n) {
  return (m.flip ? api.coord([api.value(n), api.value(0)]) : api.coord([api.value(0), api.value(n)])).slice();
}
function pitch(api, m) {
  var band = m.flip ? api.size([0, 1])[1] : api.size([m.gap || 1, 0])[0];
  return Math.min(band * 0.82 / m.slots, 26);
}
function width(api, m) { return Math.max(1, pitch(api, m) * (m.slots > 1 ? 0.86 : 1)); }
function side(api, m) { return ((m.slot || 0) - (m.slots - 1) / 2) * pitch(api, m); }
var shapes = {
  /* From a value to a higher one, with caps; an arrow without the second. */
  bracket: function (params, api, color) {
    var a = api.coord([api.value(0), api.value(2)]), high = api.value(1), y = a[1];
    if (isNaN(high) || high === null) {
      return { type: 'group', children: [stroke(a[0], y, a[0] + 34, y, color, 2), stroke(a[0] + 34, y, a[0] + 28, y - 5, color, 2), stroke(a[0] + 34, y, a[0] + 28, y + 5, color, 2)] };
    }
    var b = api.coord([high, api.value(2)]);
    return { type: 'group', children: [stroke(a[0], y, b[0], y, color, 3), stroke(b[0], y - 7, b[0], y + 7, color, 2)] };
  },
  segment: function (params, api, color, m) {
    if (isNaN(api.value(0)) || isNaN(api.value(1))) { return null; }
    var a = api.coord([api.value(0), api.value(2)]), b = api.coord([api.value(1), api.value(2)]);
    return stroke(a[0], a[1] + (m.offset || 0), b[0], b[1] + (m.offset || 0), color, 5);
  },
  tolerance: function (params, api, color, m) {
    var a = api.coord([api.value(0), api.value(2)]).slice(), b = api.coord([api.value(1), api.value(2)]).slice();
    a[1] += m.offset || 0;
    b[1] += m.offset || 0;
    return { type: 'group', children: [stroke(a[0], a[1], b[0], b[1], color, 1.5), stroke(a[0], a[1] - 5, a[0], a[1] + 5, color, 1.5), stroke(b[0], b[1] - 5, b[0], b[1] + 5, color, 1.5)] };
  },
  /* From its foot to its top, beside the others of its place. Hollow is an
     estimate. */
  bar: function (params, api, color, m) {
    if (isNaN(api.value(1)) || isNaN(api.value(2))) { return null; }
    var a = spot(api, m, 1), b = spot(api, m, 2), w = width(api, m), off = side(api, m) - w / 2;
    var shape = m.flip ? { x: Math.min(a[0], b[0]), y: a[1] + off, width: Math.abs(b[0] - a[0]), height: w }
      : { x: a[0] + off, y: Math.min(a[1], b[1]), width: w, height: Math.abs(b[1] - a[1]) };
    return { type: 'rect', shape: shape, style: m.dashed ? { fill: 'none', stroke: color, lineWidth: 1.6, lineDash: [4, 3] } : { fill: color } };
  },
  whisker: function (params, api, color, m) {
    if (isNaN(api.value(1)) || isNaN(api.value(2))) { return null; }
    var a = spot(api, m, 1), b = spot(api, m, 2), off = m.slots ? side(api, m) : (m.offset || 0), cap = 4;
    var dx = m.flip ? 0 : 1, dy = m.flip ? 1 : 0;
    [a, b].forEach(function (p) { p[0] += dx * off; p[1] += dy * off; });
    return { type: 'group', children: [stroke(a[0], a[1], b[0], b[1], color, 1.5),
      stroke(a[0] - dx * cap, a[1] - dy * cap, a[0] + dx * cap, a[1] + dy * cap, color, 1.5),
      stroke(b[0] - dx * cap, b[1] - dy * cap, b[0] + dx * cap, b[1] + dy * cap, color, 1.5)] };
  },
  /* A cell of a heat map: its column, row and count; the edges are in the
     view. Whole pixels, so that neighbours leave no seam. */
  cell: function (params, api, color, m, view) {
    var c = view.cells, x = api.value(0), y = api.value(1);
    var a = api.coord([c.x[x], c.y[y]]).map(Math.round), b = api.coord([c.x[x + 1], c.y[y + 1]]).map(Math.round);
    return { type: 'rect', shape: { x: a[0], y: b[1], width: Math.max(1, b[0] - a[0]), height: Math.max(1, a[1] - b[1]) }, style: { fill: color } };
  },
  tick: function (params, api, color) {
    if (isNaN(api.value(0))) { return null; }
    var a = api.coord([api.value(0), api.value(1)]);
    return stroke(a[0], a[1] - 7, a[0], a[1] + 7, color, 3);
  }
};

/* Colours. "@role" becomes the theme's colour, at colour keys only. */
function painted(node, palette) {
  if (Array.isArray(node)) { return node.map(function (n) { return painted(n, palette); }); }
  if (node === null || typeof node !== 'object') { return node; }
  var out = {};
  Object.keys(node).forEach(function (key) {
    var v = node[key];
    if (typeof v === 'string' && v.charAt(0) === '@' && /^(color|borderColor|backgroundColor)$/.test(key)) {
      out[key] = palette[v.slice(1)];
    } else {
      out[key] = painted(v, palette);
    }
  });
  return out;
}

/* Tooltips are elements with text, never markup. */
function element(tag, text, style) {
  var e = document.createElement(tag);
  if (text !== undefined) { e.textContent = text; }
  Object.keys(style || {}).forEach(function (k) { e.style[k] = style[k]; });
  return e;
}
function itemTip(params) {
  var box = element('div'), tip = params.data && params.data.tip;
  (tip && tip.length ? tip : [params.seriesName]).forEach(function (line, i) {
    if (line) { box.appendChild(element('div', line, { fontWeight: i === 0 ? '600' : '400', whiteSpace: 'normal', maxWidth: '20rem' })); }
  });
  return box;
}
function cellTip(view) {
  return function (params) {
    var c = view.cells, v = params.data, box = itemTip(params);
    if (!Array.isArray(v)) { return box; }
    box.textContent = '';
    box.appendChild(element('div', bare(v[2]) + (v[2] === 1 ? ' request' : ' requests'), { fontWeight: '600' }));
    box.appendChild(element('div', 'planned from ' + time(c.x[v[0]]) + ' to ' + time(c.x[v[0] + 1])));
    box.appendChild(element('div', 'took ' + (c.open && v[1] === c.y.length - 2 ? time(c.y[v[1]]) + ' or more' : time(c.y[v[1]]) + ' to ' + time(c.y[v[1] + 1]))));
    return box;
  };
}
function marked(view, i) { return view.marks && view.marks[i]; }
/* The interval of a value and how many samples it is of. */
function spread(raw, at, format) {
  var low = raw[at], high = raw[at + 1], n = raw[at + 2], parts = [];
  if (low !== null && high !== null && format) { parts.push(format.value(low) + ' to ' + format.value(high)); }
  if (n) { parts.push('n ' + bare(n)); }
  return parts.length ? ' (' + parts.join(', ') + ')' : '';
}
function axisTip(view) {
  return function (list) {
    if (!Array.isArray(list)) { list = [list]; }
    var box = element('div'), seen = {}, first = list[0];
    if (!first) { return box; }
    var category = first.axisDim === 'y';
    box.appendChild(element('div', category ? first.name : formats[view.x[0]].value(first.axisValue), { fontWeight: '600' }));
    list.forEach(function (p) {
      var raw = p.data && p.data.value !== undefined ? p.data.value : p.data;
      var m = marked(view, p.seriesIndex);
      var v = Array.isArray(raw) ? raw[m ? m.value || 0 : 1] : raw;
      if (v === null || v === undefined || seen[p.seriesName]) { return; }
      seen[p.seriesName] = true;
      var row = element('div'), format = formats[view.values[p.seriesIndex]];
      row.appendChild(element('span', '\u25a0 ', { color: p.color }));
      row.appendChild(element('span', p.seriesName + ' '));
      row.appendChild(element('strong', format ? format.value(v) : String(v)));
      if (view.note && Array.isArray(raw) && raw.length > 2) { row.appendChild(element('span', ' (' + notes[view.note](raw[2]) + ')')); }
      if (m && m.extra && Array.isArray(raw)) { row.appendChild(element('span', spread(raw, m.extra, format))); }
      box.appendChild(row);
    });
    return box;
  };
}

/* A log axis of one or two decades has ticks at 1, 2 and 5, a longer one at
   the powers of ten. */
function steps(a) {
  var decades = Math.log10(a.max / a.min), list = [];
  for (var power = a.min; power <= a.max * 1.001; power *= 10) {
    [1, 2, 5].forEach(function (m) {
      if ((m === 1 || decades < 2.5 && !a.gridIndex) && power * m <= a.max * 1.001) { list.push(power * m); }
    });
  }
  marks(a, list);
}
function marks(a, list) {
  ['axisTick', 'axisLabel', 'splitLine'].forEach(function (part) { a[part].customValues = list; });
}

/* What every chart has in common, in the colours of the theme. */
function axis(a, format, palette, narrow, ticks) {
  var category = a.type === 'category';
  a.axisLine = { show: true, onZero: false, lineStyle: { color: palette.line } };
  a.axisTick = { show: !category, lineStyle: { color: palette.line } };
  a.splitLine = { show: !category, lineStyle: { color: palette.grid } };
  a.nameTextStyle = { color: palette.muted, fontSize: 12 };
  a.axisLabel = Object.assign({ color: category ? palette.text : palette.muted, fontSize: narrow ? 11 : 12, hideOverlap: !category }, a.axisLabel);
  if (!category && formats[format]) { a.axisLabel.formatter = formats[format].axis; }
  if (category) {
    a.axisLabel.interval = 0;
    var longest = Math.max.apply(null, (a.data || []).map(function (n) { return String(n).length; }).concat(4));
    Object.assign(a.axisLabel, { width: Math.min(narrow ? 142 : 250, longest * 7.5 + 12), overflow: 'break', lineHeight: 13, height: 26, lineOverflow: 'truncate' });
  }
  if (narrow && !category) { a.splitNumber = 4; }
  if (a.type === 'log') { steps(a); }
  if (ticks && ticks.length) { marks(a, ticks); }
  if (format === 'ns' && a.type === 'value' && a.max > 0) { a.axisLabel.formatter = oneTime(a.max); }
  if (format === 'octaves' && !(ticks && ticks.length)) { marks(a, (narrow ? [0.1, 1, 10] : [0.1, 0.5, 1, 2, 10]).map(Math.log2)); }
  if (format === 'seconds') { a.axisLabel.showMaxLabel = a.max % 1 === 0 && a.max <= 10; }
  return a;
}
function option(spec, palette, width) {
  var o = painted(spec.option, palette), view = spec.view, narrow = width < NARROW;
  (view.shared || []).forEach(function (i) {
    o.series[i].data = o.series[i].data.map(function (y, j) { return [view.at[j], y]; });
  });
  o.textStyle = { fontFamily: getComputedStyle(document.body).fontFamily, color: palette.text };
  o.backgroundColor = 'transparent';
  o.xAxis = o.xAxis.map(function (a, i) {
    a = axis(a, view.x[i], palette, narrow, view.ticksX && view.ticksX[i]);
    if (a.name && a.nameLocation === 'end') { a.nameTextStyle.align = 'left'; }
    if (i && view.ticksX) { a.splitLine.show = false; }
    return a;
  });
  o.yAxis = o.yAxis.map(function (a, i) {
    a = axis(a, view.y[i], palette, narrow, view.ticksY && view.ticksY[i]);
    if (i && view.ticksY) { a.splitLine.show = false; }
    if (a.nameLocation === 'end' && a.position === 'right') { a.nameTextStyle.align = 'right'; a.nameTextStyle.padding = [0, -54, 0, 0]; }
    else if (a.nameLocation === 'end') { a.nameTextStyle.align = 'left'; a.nameTextStyle.padding = [0, 0, 0, -54]; a.nameGap = a.nameGap || 8; }
    if (a.type === 'log' && a.gridIndex) { a.splitNumber = 3; }
    return a;
  });
  if (o.legend && o.legend.show) {
    o.legend = Object.assign({ padding: 0, itemGap: narrow ? 9 : 14, itemWidth: narrow ? 14 : 18, itemHeight: 10,
      textStyle: { color: palette.text, fontSize: narrow ? 11 : 12 }, pageTextStyle: { color: palette.muted }, pageIconColor: palette.link,
      pageIconInactiveColor: palette.grid }, o.legend);
  }
  o.tooltip = { show: true, trigger: view.tip, confine: true, backgroundColor: palette.ground, borderColor: palette.line,
    textStyle: { color: palette.text, fontSize: 12 }, extraCssText: 'box-shadow:none',
    axisPointer: { type: 'line', lineStyle: { color: palette.line } },
    formatter: view.cells ? cellTip(view) : view.tip === 'axis' ? axisTip(view) : itemTip };
  if (o.legend && o.legend.show && o.series.every(function (s) { return s.type === 'line'; })) {
    o.legend.itemStyle = { opacity: 0 };
  }
  if (o.legend && o.legend.data) {
    o.legend.data = o.legend.data.map(function (name) {
      var i = o.series.findIndex(function (s, j) { return s.name === name && marked(view, j) && marked(view, j).dashed; });
      if (i < 0) {
        var plainLine = o.series.some(function (s) { return s.name === name && s.type === 'line' && s.showSymbol === false; });
        return plainLine && !o.legend.itemStyle ? { name: name, itemStyle: { opacity: 0 } } : name;
      }
      return { name: name, itemStyle: { color: 'transparent', borderColor: o.series[i].itemStyle.color, borderWidth: 1.6, borderType: [3, 2] } };
    });
  }
  if (view.tip === 'axis' && o.xAxis.length > 1) { o.axisPointer = { link: [{ xAxisIndex: 'all' }] }; }
  o.series.forEach(function (s, i) {
    var shape = view.shapes && shapes[view.shapes[i]];
    s.emphasis = { disabled: true };
    if (s.type === 'scatter') { s.itemStyle = Object.assign({ opacity: 1 }, s.itemStyle); }
    if (s.type === 'line' && s.showSymbol === false) { s.symbol = 'none'; }
    if (marked(view, i) && marked(view, i).offset) { s.symbolOffset = [0, marked(view, i).offset]; }
    if (s.type === 'custom') {
      var base = s.itemStyle && s.itemStyle.color;
      s.renderItem = function (params, api) {
        var own = s.data[params.dataIndex] && s.data[params.dataIndex].itemStyle;
        return shape ? shape(params, api, (own && own.borderColor) || base, marked(view, i) || {}, view) : null;
      };
    }
    [s].concat(Array.isArray(s.data) ? s.data : []).forEach(function (one) {
      if (!one || !one.label || !one.label.show) { return; }
      one.label.formatter = function (p) { return p.data && p.data.name || ''; };
      one.label.fontSize = narrow ? 11 : 12;
      if (one === s) { one.label.distance = 10; one.label.position = narrow ? 'top' : one.label.position; }
    });
    if (view.hatched && view.hatched.indexOf(i) >= 0) {
      s.itemStyle.decal = { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: palette.ground };
    }
    ['markArea', 'markLine'].forEach(function (mark) { if (s[mark]) { s[mark].silent = true; s[mark].animation = false; } });
  });
  return o;
}

/* One chart: drawn when it has a width, again when the width or the theme
   changes. Its height is known, so that the library need not measure. */
function Chart(node) {
  this.node = node;
  this.spec = pack.charts[node.getAttribute('data-of') || node.closest('figure').id];
  this.height = parseFloat(node.style.height);
  this.chart = null;
}
Chart.prototype.room = function () {
  return !printing ? this.node.clientWidth : this.node.closest('.panels') ? PAPER_HALF : PAPER;
};
Chart.prototype.draw = function (w) {
  if (!w) { return; }
  var palette = !printing && darkness.matches ? palettes.dark : palettes.light;
  if (!this.chart) { this.chart = echarts.init(this.node, null, { renderer: 'svg', width: w, height: this.height }); }
  else if (w !== this.width) { this.chart.resize({ width: w, height: this.height }); }
  this.width = w;
  var form = palette.ground + (w < NARROW);
  if (form !== this.form) {
    this.form = form;
    this.chart.setOption(option(this.spec, palette, w), true);
  }
};
/* To measure after a chart was drawn makes the browser lay out the whole page
   anew, so all are measured before the first is drawn. */
function draw(list) {
  list.map(function (c) { return c.room(); }).forEach(function (w, i) { list[i].draw(w); });
}

/* A long table is made when somebody opens it. */
function build(details) {
  var data = pack && pack.tables[details.id];
  if (!data || details.querySelector('table')) { return; }
  var scroll = element('div'), table = element('table'), caption = element('caption'), body = element('tbody');
  scroll.className = 'scroll';
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'group');
  scroll.setAttribute('aria-label', data.caption);
  table.className = data.class;
  caption.appendChild(element('span', data.caption));
  function line(texts, tag, scope) {
    var row = element('tr');
    texts.forEach(function (text, i) {
      var cell = element(scope === 'col' || !i ? 'th' : tag), all = Array.isArray(text) ? text : [text];
      all.forEach(function (one, n) {
        if (n) { cell.appendChild(element('br')); }
        cell.appendChild(document.createTextNode(one));
      });
      if (cell.tagName === 'TH') { cell.scope = scope; }
      row.appendChild(cell);
    });
    return row;
  }
  table.appendChild(caption);
  table.appendChild(element('thead')).appendChild(line(data.heads, 'th', 'col'));
  data.rows.forEach(function (texts) { body.appendChild(line(texts, 'td', 'row')); });
  table.appendChild(body);
  scroll.appendChild(table);
  details.appendChild(scroll);
}
function each(selector, f) { Array.prototype.forEach.call(document.querySelectorAll(selector), f); }

/* What is compressed comes back as text. */
function unpacked(id) {
  var raw = atob(document.getElementById(id).textContent), bytes = new Uint8Array(raw.length);
  for (var i = 0; i < raw.length; i++) { bytes[i] = raw.charCodeAt(i); }
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
}
var charts = [];
Promise.resolve().then(function () { return Promise.all([unpacked('library'), unpacked('pack')]); }).then(function (texts) {
  var library = document.createElement('script');
  library.textContent = texts[0];
  document.head.appendChild(library);
  echarts = window.echarts;
  if (!echarts) { throw new Error('the chart library did not run'); }
  pack = JSON.parse(texts[1]);
  charts = Array.prototype.map.call(document.querySelectorAll('.chart'), function (n) { return new Chart(n); });
  var observer = new ResizeObserver(function (entries) {
    if (printing) { return; }
    var nodes = entries.map(function (e) { return e.target; });
    draw(charts.filter(function (c) { return nodes.indexOf(c.node) >= 0; }));
  });
  charts.forEach(function (c) { observer.observe(c.node); });
  each('details[data-later]', function (d) {
    d.addEventListener('toggle', function () { if (d.open) { build(d); } });
    if (d.open) { build(d); }
  });
}).catch(function (error) {
  document.getElementById('undrawn').hidden = false;
  document.body.classList.add('undrawn');
  throw error;
});
darkness.addEventListener('change', function () { draw(charts); });

/* Paper shows everything, in light colours and at a fixed width. */
var closed = [];
window.addEventListener('beforeprint', function () {
  printing = true;
  closed = Array.prototype.filter.call(document.querySelectorAll('details'), function (d) { return !d.open; });
  closed.forEach(function (d) { d.open = true; });
  each('details[data-later]', build);
  draw(charts);
});
window.addEventListener('afterprint', function () {
  printing = false;
  closed.forEach(function (d) { d.open = false; });
  draw(charts);
});

/* A link to something folded opens it. */
function reveal() {
  var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (!target) { return; }
  for (var e = target; e; e = e.parentElement) { if (e.tagName === 'DETAILS') { e.open = true; } }
  target.scrollIntoView();
}
window.addEventListener('hashchange', reveal);
reveal();
}());
