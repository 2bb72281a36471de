import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeApiError } from '../errors.ts';
import { createLogger, type LoggerOptions } from './logger.ts';

function setup(level: LoggerOptions['level'] = 'debug') {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLogger({ level, secrets: ['hook-s3cret'], destination });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
}

test('a line holds level, ISO time, message and fields, and nothing else', () => {
  const { log, parsed } = setup();
  log.info({ namespace: 'shop', name: 'web' }, 'scaled');
  const [{ time, ...rest }] = parsed();
  assert.deepEqual(rest, { level: 'info', namespace: 'shop', name: 'web', message: 'scaled' });
  assert.equal(new Date(time).toISOString(), time);
});

test('levels below the configured one are left out', () => {
  const { log, parsed } = setup('warn');
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  log.error({}, 'd');
  assert.deepEqual(
    parsed().map(({ level }) => level),
    ['warn', 'error'],
  );
  const silent = setup('silent');
  silent.log.error({}, 'e');
  assert.deepEqual(silent.lines, []);
});

test('fields that hold credentials are hidden', () => {
  const { log, lines, parsed } = setup();
  log.info({ authorization: 's3cret', request: { headers: { cookie: 's3cret' }, token: 's3cret', path: '/a' } }, 'x');
  assert.doesNotMatch(lines.join(), /s3cret/);
  assert.equal(parsed()[0].request.path, '/a');
});

test('an error is told with code, stack and causes, without what hangs on it', () => {
  const { log, lines, parsed } = setup();
  const cause = Object.assign(new Error('Bearer kube-s3cret refused'), { headers: { authorization: 's3cret' } });
  log.warn({ err: new KubeApiError('FORBIDDEN', 'cannot get Secret shop/web: hook-s3cret', { cause }) }, 'x');
  const { err } = parsed()[0];
  assert.equal(err.type, 'KubeApiError');
  assert.equal(err.code, 'FORBIDDEN');
  assert.equal(err.message, 'cannot get Secret shop/web: (hidden)');
  assert.match(err.stack, /logger\.test\.ts/);
  assert.deepEqual(err.causes, ['Error: Bearer (hidden) refused']);
  assert.doesNotMatch(lines.join(), /s3cret/);
});

test('what was thrown without being an error is told as text, without a secret', () => {
  const { log, parsed } = setup();
  log.error({ error: 'boom: Bearer abc.def' }, 'x');
  assert.deepEqual(parsed()[0].error, { type: 'string', message: 'boom: Bearer (hidden)' });
});

test('a chain of causes that bites its own tail ends', () => {
  const { log, parsed } = setup();
  const error = new Error('a');
  error.cause = error;
  log.error({ err: error }, 'x');
  assert.equal(parsed()[0].err.causes.length, 4);
});
