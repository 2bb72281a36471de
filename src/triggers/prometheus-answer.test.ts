import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePrometheusAnswer } from './prometheus-answer.ts';
import { scalar, success, vector } from './testing/setup.ts';

const parse = (response: { status: number; body: string }, several?: 'refused' | 'highest') => {
  const answer = parsePrometheusAnswer(response, several);
  return answer.kind === 'value' ? answer.value : answer.reason;
};

describe('a value', () => {
  it('is the one element of a vector', () => {
    assert.deepEqual(parsePrometheusAnswer(vector('1.5')), { kind: 'value', value: 1.5, resultType: 'vector' });
  });

  it('is a scalar (pitfall 30)', () => {
    assert.deepEqual(parsePrometheusAnswer(scalar('2')), { kind: 'value', value: 2, resultType: 'scalar' });
  });

  it('is read as Prometheus writes numbers', () => {
    const numbers = {
      '1e+06': 1e6,
      '-0.25': -0.25,
      '0': 0,
      '1.7976931348623157e+308': Number.MAX_VALUE,
      '5e-324': 5e-324,
    };
    for (const [text, value] of Object.entries(numbers)) assert.equal(parse(vector(text)), value);
  });

  it('is minus one like any other number (pitfall 29)', () => {
    assert.equal(parse(vector('-1')), -1);
  });
});

describe('no value', () => {
  it('comes of a 200 without data (pitfall 27)', () => {
    for (const body of ['{"status":"success"}', '{"status":"success","data":null}', '{"status":"success","data":[]}']) {
      assert.equal(parse({ status: 200, body }), 'BadAnswer', body);
    }
  });

  it('comes of an error with status 200 (pitfall 27)', () => {
    const data = { resultType: 'vector', result: [{ metric: {}, value: [1, '0'] }] };
    for (const status of ['error', 'Success', undefined]) {
      assert.equal(parse({ status: 200, body: JSON.stringify({ status, data }) }), 'BadAnswer');
    }
  });

  it('comes of what is no JSON object', () => {
    for (const body of ['', '<html>', 'null', '[]', '0', '{"status":"success"']) {
      assert.equal(parse({ status: 200, body }), 'BadAnswer', body);
    }
  });

  it('comes of NaN and the infinities (pitfall 29)', () => {
    assert.equal(parse(vector('NaN')), 'NotANumber');
    assert.equal(parse(scalar('NaN')), 'NotANumber');
    assert.equal(parse(vector('+Inf')), 'NotFinite');
    assert.equal(parse(vector('-Inf')), 'NotFinite');
    assert.equal(parse(vector('1e999')), 'NotFinite');
  });

  it('comes of a value that is no string (pitfall 29)', () => {
    for (const value of [1, null, true, ['1'], { n: '1' }]) assert.equal(parse(vector(value)), 'BadAnswer');
  });

  it('comes of a string that is no number', () => {
    for (const value of ['', ' ', '1 ', '0x10', '1_000', 'Infinity', 'nan', '1,5', '--1']) {
      assert.equal(parse(vector(value)), 'BadAnswer', value);
    }
  });

  it('comes of a sample of another shape', () => {
    const odd = [undefined, [], ['1'], ['1', '1'], [1, '1', 1], { 0: 1, 1: '1' }, '11'];
    for (const value of odd) {
      assert.equal(parse(success({ resultType: 'vector', result: [{ metric: {}, value }] })), 'BadAnswer');
      assert.equal(parse(success({ resultType: 'scalar', result: value })), 'BadAnswer');
    }
    assert.equal(parse(success({ resultType: 'vector', result: [null] })), 'BadAnswer');
    assert.equal(parse(success({ resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] })), 'BadAnswer');
    assert.equal(parse(success({ resultType: 'vector', result: {} })), 'BadAnswer');
  });

  it('comes of an empty result, which is no zero (pitfall 30)', () => {
    assert.equal(parse(vector()), 'EmptyResult');
  });

  it('comes of several series, unless the highest is wanted', () => {
    assert.equal(parse(vector('1', '2')), 'SeveralSeries');
    assert.equal(parse(vector('1', '3', '2'), 'highest'), 3);
    assert.equal(parse(vector('-3', '-2'), 'highest'), -2);
    assert.equal(parse(vector('1', 'NaN'), 'highest'), 'NotANumber');
    assert.equal(parse(vector(), 'highest'), 'EmptyResult');
  });

  it('comes of a matrix and of a string', () => {
    assert.equal(parse(success({ resultType: 'matrix', result: [] })), 'WrongResultType');
    assert.equal(parse(success({ resultType: 'string', result: [1, '1'] })), 'WrongResultType');
  });

  it('comes of a status other than 200, whatever the body says', () => {
    const statuses = {
      201: 'HttpStatus',
      302: 'Redirected',
      307: 'Redirected',
      400: 'QueryRejected',
      401: 'Unauthorized',
      403: 'Unauthorized',
      404: 'HttpStatus',
      422: 'QueryRejected',
      500: 'HttpStatus',
      503: 'HttpStatus',
    };
    for (const [status, reason] of Object.entries(statuses)) {
      assert.equal(parse({ ...vector('1'), status: Number(status) }), reason, status);
    }
  });

  it('comes of an answer that warns of missing parts, not of one that remarks on the query', () => {
    const data = { resultType: 'scalar', result: [1, '1'] };
    assert.equal(parse(success(data, { warnings: ['a store did not answer'] })), 'PartialAnswer');
    assert.equal(parse(success(data, { warnings: ['PromQL info: might be no counter', 'x'] })), 'PartialAnswer');
    assert.equal(parse(success(data, { warnings: 'x' })), 'PartialAnswer');
    assert.equal(parse(success(data, { warnings: ['PromQL info: might be no counter'] })), 1);
    assert.equal(parse(success(data, { warnings: [], infos: ['x'] })), 1);
  });
});
