import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Family } from './families.ts';
import { labelText } from './series.ts';
import { createSeriesTable } from './series-table.ts';

const calls: Family = { name: 'calls', type: 'counter', help: 'Calls', labelNames: ['who', 'code'] };
const took: Family = { name: 'took', type: 'histogram', help: 'Seconds', labelNames: ['who'], buckets: [0.5, 2] };

function setup() {
  let elapsedMs = 0;
  const table = createSeriesTable(
    { calls, took },
    { labelsOf: (who) => labelText({ who }), monotonicMs: () => elapsedMs },
  );
  return {
    table,
    advance: (ms: number) => {
      elapsedMs += ms;
    },
    lines: async () => (await text(table.write())).split('\n').filter((line) => line !== '' && !line.startsWith('#')),
  };
}

test('buckets of a histogram hold all that is not above their bound', async () => {
  const { table, lines } = setup();
  const row = table.touch('a');
  for (const value of [0.5, 0.50001, 2, 3]) table.series.took.observe(row, '', value);
  assert.deepEqual(await lines(), [
    'took_bucket{le="0.5",who="a"} 1',
    'took_bucket{le="2",who="a"} 3',
    'took_bucket{le="+Inf",who="a"} 4',
    'took_sum{who="a"} 6.00001',
    'took_count{who="a"} 4',
  ]);
});

test('every family has its header, even without a series', async () => {
  const { table } = setup();
  assert.equal(
    await text(table.write()),
    '# HELP calls Calls\n# TYPE calls counter\n# HELP took Seconds\n# TYPE took histogram\n',
  );
});

test('a row that is taken over begins without series', async () => {
  const { table, advance, lines } = setup();
  const row = table.touch('a');
  table.series.calls.add(row, 'code="x"', 3);
  table.series.took.observe(row, '', 1);
  advance(1001);
  table.touch('b');
  const gone: number[] = [];
  table.sweep(1000, (each) => gone.push(each));
  assert.deepEqual(gone, [row]);
  assert.equal(table.find('a'), undefined);
  assert.equal(table.touch('c'), row);
  assert.deepEqual(await lines(), []);
  table.series.calls.add(row, 'code="y"');
  assert.deepEqual(await lines(), ['calls{who="c",code="y"} 1']);
});

test('who was touched just now stays', async () => {
  const { table, advance } = setup();
  const row = table.touch('a');
  advance(1000);
  table.sweep(1000);
  assert.equal(table.find('a'), row);
});

test('series of more rows than are written at once all come, each once', async () => {
  const { table, lines } = setup();
  for (let i = 0; i < 1000; i++) table.series.calls.add(table.touch(`owner-${i}`), 'code="x"', i);
  const expected = Array.from({ length: 1000 }, (_, i) => `calls{who="owner-${i}",code="x"} ${i}`);
  assert.deepEqual(await lines(), expected);
});

test('labels with marks of their own are escaped', () => {
  assert.equal(labelText({ a: 'x"y\\z\n', b: '' }), 'a="x\\"y\\\\z\\n",b=""');
});
