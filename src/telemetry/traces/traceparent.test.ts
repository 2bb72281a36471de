import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeTraceparent, parseTraceparent } from './traceparent.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

test('what is made can be read', () => {
  const header = makeTraceparent({ traceId, spanId });
  assert.equal(header, `00-${traceId}-${spanId}-01`);
  assert.deepEqual(parseTraceparent(header), { traceId, spanId });
});

for (const [what, header] of [
  ['a later version that says more', `cc-${traceId}-${spanId}-01-more`],
  ['other flags beside the one', `00-${traceId}-${spanId}-03`],
] as const) {
  test(`${what} is read`, () => assert.deepEqual(parseTraceparent(header), { traceId, spanId }));
}

for (const [what, header] of [
  ['none', undefined],
  ['an empty one', ''],
  ['one that is not recorded', `00-${traceId}-${spanId}-00`],
  ['version ff', `ff-${traceId}-${spanId}-01`],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['a span of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['capital letters', `00-${traceId.toUpperCase()}-${spanId}-01`],
  ['two in one', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
  ['one that is cut off', `00-${traceId}-${spanId}`],
] as const) {
  test(`${what} begins no trace`, () => assert.equal(parseTraceparent(header), undefined));
}
