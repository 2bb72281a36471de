import { readFileSync, writeFileSync } from 'node:fs';
import type { LoadFigures, RestFigures } from './measure.ts';
import { clientNames } from './measure-idle.ts';
import { type Line, makeChart } from './svg-chart.ts';

// Draws how the figures grow: node bench/scale/plot.ts OUT.svg RESULT.json ..., each result of another number of services.

interface Result {
  readonly rest: RestFigures;
  readonly load?: LoadFigures;
}

const [out = '', ...files] = process.argv.slice(2);
const results = files
  .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Result)
  .sort((a, b) => a.rest.services - b.rest.services);

/** A line through what each result has of it. */
const line = (name: string, read: (result: Result) => number | undefined): Line => ({
  name,
  points: results.flatMap((result) => {
    const value = read(result);
    return value === undefined ? [] : [{ x: result.rest.services, y: value }];
  }),
});

const charts = [
  makeChart('Memory, MiB (RSS)', [
    ...clientNames.map((name) => line(name, ({ rest }) => rest.memory.all[name].rssMiB)),
    line('hook service, live', ({ rest }) => rest.memory.all['hook service'].liveMiB),
  ]),
  makeChart(
    'CPU at rest, % of one core',
    clientNames.map((name) => line(name, ({ rest }) => rest.idle.clients[name].cpuPercent)),
  ),
  makeChart('A pass over all, seconds', [
    line('an event for all', ({ rest }) => rest.pass.seconds),
    line('restart of the hook service', ({ load }) => load?.restarts?.hookService.seconds),
    line('restart of Metacontroller', ({ load }) => load?.restarts?.metacontroller.seconds),
    line('roll of a resolver', ({ load }) => load?.restarts?.roll.inSeconds),
  ]),
  makeChart('Time to a wake, ms', [
    line('at rest, p50', ({ load }) => load?.wakes?.quiet.p50Ms),
    line('at rest, p99', ({ load }) => load?.wakes?.quiet.p99Ms),
    line('all being synced, p99', ({ load }) => load?.wakes?.busy.p99Ms),
    line('its bare API calls, p99', ({ load }) => load?.wakes?.bareBusy.p99Ms),
  ]),
];

const WIDTH = 420;
const HEIGHT = 300;
const places = charts.map((chart, i) => {
  const [x, y] = [(i % 2) * WIDTH, Math.floor(i / 2) * HEIGHT];
  return `<g transform="translate(${x} ${y})">${chart}</g>`;
});
const [width, height] = [2 * WIDTH, Math.ceil(charts.length / 2) * HEIGHT];
writeFileSync(
  out,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<title>How memory, CPU, passes and wakes grow with the number of ElastiServices</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${places.join('\n')}
</svg>
`,
);
