import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { KubeApiError, type KubeCode } from '../errors.ts';
import { makeAnswerError } from '../kube/kube-error.ts';
import { CliError, toCliError } from './cli-error.ts';

const lineOf = (error: unknown) => {
  const { exitCode, message } = toCliError(error);
  return `${exitCode} ${message}`;
};
const status = (message: string, reason: string) => JSON.stringify({ kind: 'Status', message, reason });

test('whatever fails ends in one line and an exit code', () => {
  assert.equal(lineOf(new CliError(2, 'no such file')), '2 no such file');
  assert.equal(
    lineOf(makeAnswerError('list pods', 401, status('Unauthorized', 'Unauthorized'))),
    '4 cannot list pods: the API server does not know you (Unauthorized)',
  );
  assert.equal(
    lineOf(makeAnswerError('list pods', 403, status('ann may not', 'Forbidden'))),
    '4 cannot list pods: ann may not',
  );
  assert.equal(lineOf(makeAnswerError('get pod', 404, status('no pod', 'NotFound'))), '5 cannot get pod: no pod');
  assert.equal(
    lineOf(makeAnswerError('patch pod', 422, status('bad\nlines', 'Invalid'))),
    '3 cannot patch pod: the API server refused (bad)',
  );
  assert.equal(
    lineOf(new KubeApiError('TIMEOUT', 'cannot get pod')),
    '3 cannot get pod: the API server did not answer in time',
  );
  assert.equal(
    lineOf(new TypeError('x is not a function')),
    '70 this is a fault of elasti itself: x is not a function',
  );
});

test('the system tells why nobody answers, and a schema what it expected', () => {
  const failed = (code: KubeCode, cause: unknown) => lineOf(new KubeApiError(code, 'cannot get pod', { cause }));
  const why = '3 cannot get pod: the API server cannot be reached or failed';
  assert.equal(failed('UNAVAILABLE', new Error('connect ECONNREFUSED')), `${why} (connect ECONNREFUSED)`);
  const both = new AggregateError([new Error('refused at ::1'), new Error('refused at 127.0.0.1')]);
  assert.equal(failed('UNAVAILABLE', both), `${why} (refused at ::1, refused at 127.0.0.1)`);
  const { error } = z.object({ spec: z.object({ replicas: z.number() }) }).safeParse({ spec: { replicas: 'two' } });
  assert.equal(failed('SERVER_ERROR', error), `${why} (its answer is not as expected at spec.replicas)`);
});
