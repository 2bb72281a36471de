import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createColdStartRewriter } from './cold-start-header.ts';

const HEADER = 'X-Elasti-Cold-Start: true\r\n';

/** What the client receives when the pod's bytes come in these pieces. */
function rewrite(...pieces: readonly string[]): string {
  const rewriter = createColdStartRewriter();
  const out = pieces.map((piece) => {
    const bytes = Buffer.from(piece, 'latin1');
    return rewriter.isDone() ? bytes : rewriter(bytes);
  });
  return Buffer.concat([...out, rewriter.rest()]).toString('latin1');
}

const OK = 'HTTP/1.1 200 OK\r\nServer: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n';
const OK_AFTER = `HTTP/1.1 200 OK\r\n${HEADER}Server: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n`;

test('the header comes first in the first answer, and in no later one', () => {
  assert.equal(rewrite(OK), OK_AFTER);
});

test('interim answers are passed on at once and without it', () => {
  const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
  assert.equal(rewrite(interim, OK), interim + OK_AFTER);
  assert.equal(createColdStartRewriter()(Buffer.from(interim)).toString(), interim);
});

test('an upgrade is an answer like others', () => {
  const upgrade = 'HTTP/1.1 101 Switching Protocols\r\n';
  assert.equal(rewrite(`${upgrade}\r\n`), `${upgrade}${HEADER}\r\n`);
});

test('wherever the bytes are cut, the client receives the same', () => {
  const whole = `HTTP/1.1 100 Continue\r\n\r\n${OK}`;
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 6 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const pieces = at.slice(1).map((end, i) => whole.slice(at[i], end));
      assert.equal(rewrite(...pieces), `HTTP/1.1 100 Continue\r\n\r\n${OK_AFTER}`);
    }),
  );
});

for (const text of [
  '',
  'H',
  'HTTP',
  '220 mail\r\n',
  'HTTPX\r\n',
  'HTTP/2 200\r\n',
  `HTTP/1.1 200 ${'x'.repeat(9000)}\r\n`,
]) {
  test(`${JSON.stringify(text.slice(0, 20))} is passed on untouched`, () => assert.equal(rewrite(text), text));
}

test('what cannot become an answer is not waited for', () => {
  const rewriter = createColdStartRewriter();
  assert.equal(rewriter(Buffer.from('22')).toString(), '22');
  assert.ok(rewriter.isDone());
});
