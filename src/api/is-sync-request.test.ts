import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { SyncRequest } from './hooks.ts';
import { isSyncRequest } from './is-sync-request.ts';

const GOLDENS = new URL('../../hooks-test/sync/', import.meta.url);
const bodies = readdirSync(GOLDENS).map(
  (name) => JSON.parse(readFileSync(new URL(`${name}/request.json`, GOLDENS), 'utf8')) as unknown,
);

/** Paths of all that is in a value, itself included. */
function pathsIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner).map((path) => [key, ...path]))];
}

/** The value with something else at a path; `undefined` takes it away. */
function withAt(value: unknown, [key, ...path]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other;
  if (Array.isArray(value)) return value.map((item, i) => (String(i) === key ? withAt(item, path, other) : item));
  const copy = {
    ...(value as Record<string, unknown>),
    [key]: withAt((value as Record<string, unknown>)[key], path, other),
  };
  if (copy[key] === undefined) delete copy[key];
  return copy;
}

const other = fc.constantFrom<unknown>(
  undefined,
  null,
  true,
  0,
  'text',
  [],
  {},
  ['text'],
  [1],
  { a: 'text' },
  { a: 1 },
);

test('every body of the goldens passes', () => {
  assert.deepEqual(
    bodies.filter((body) => !isSyncRequest(body)),
    [],
  );
  assert.ok(bodies.length > 100);
});

test('whatever is changed in a body, it says what the schema says', () => {
  const seen = { taken: 0, refused: 0 };
  const changed = fc.constantFrom(...bodies).chain((body) => {
    // One field in a body of hundreds, so that each kind of place has its turn.
    return fc.tuple(fc.constantFrom(...pathsIn(body)), other).map(([path, value]) => withAt(body, path, value));
  });
  fc.assert(
    fc.property(changed, (body) => {
      const isTaken = SyncRequest.safeParse(body).success;
      seen[isTaken ? 'taken' : 'refused']++;
      assert.equal(isSyncRequest(body), isTaken);
    }),
    { numRuns: 3000 },
  );
  assert.ok(seen.taken > 300 && seen.refused > 300, JSON.stringify(seen));
});
