import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScrub } from './scrub.ts';

const scrub = createScrub(['known-value', 'known-value-longer', undefined, 'ab']);

const cases: readonly (readonly [string, string])[] = [
  ['the known-value here', 'the (hidden) here'],
  ['the known-value-longer here', 'the (hidden) here'],
  ['abc', 'abc'],
  ['sent Bearer abc.def-1= to', 'sent Bearer (hidden) to'],
  ['{"Authorization":"Basic dTpw"}', '{"Authorization":"Basic (hidden)"}'],
  ['eyJhbGciOi.eyJpc3Mi.c2lnbmF0', '(hidden)'],
  ['GET http://me:pw@host:9090/x failed', 'GET http://(hidden)@host:9090/x failed'],
  ['GET https://host/x?token=1&b=2 failed', 'GET https://host/x?(hidden) failed'],
  ['password=hunter2, user=me', 'password=(hidden), user=me'],
  ['{"api_key": "k1"}', '{"api_key": "(hidden)"}'],
  ['cannot patch scale of Deployment shop/web', 'cannot patch scale of Deployment shop/web'],
  ['at file:///app/src/main.ts:3:5', 'at file:///app/src/main.ts:3:5'],
];

for (const [text, expected] of cases) {
  test(`"${text}" becomes "${expected}"`, () => {
    assert.equal(scrub(text), expected);
  });
}
