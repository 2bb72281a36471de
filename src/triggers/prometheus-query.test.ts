import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { queryUrl, uptimeQuery, windowQuery } from './prometheus-query.ts';

const stepOf = (windowSeconds: number, pollSeconds: number) =>
  /:(\d+)s\]\)$/.exec(windowQuery('q', { windowSeconds, pollSeconds, resultType: 'vector' }))?.[1];

describe('window query', () => {
  it('looks back over the window, poll by poll', () => {
    const options = { windowSeconds: 900, pollSeconds: 30, resultType: 'vector' } as const;
    assert.equal(windowQuery('sum(x)', options), 'max_over_time((\nsum(x)\n)[900s:30s])');
  });

  it('makes a scalar a vector first', () => {
    const options = { windowSeconds: 900, pollSeconds: 30, resultType: 'scalar' } as const;
    assert.equal(windowQuery('1', options), 'max_over_time((vector(\n1\n))[900s:30s])');
  });

  it('leaves its parentheses outside of a comment at the end', () => {
    const options = { windowSeconds: 60, pollSeconds: 30, resultType: 'vector' } as const;
    assert.match(windowQuery('x # )', options), /# \)\n\)\[/);
  });

  it('takes at most 200 steps where the cooldown is long, at least two where it is short', () => {
    assert.equal(stepOf(6000, 30), '30');
    assert.equal(stepOf(6001, 30), '31');
    assert.equal(stepOf(604_800, 30), '3024');
    assert.equal(stepOf(60, 30), '30');
    assert.equal(stepOf(59, 30), '29');
    assert.equal(stepOf(30, 30), '15');
    assert.equal(stepOf(2, 30), '1');
    assert.equal(stepOf(1, 30), '1');
    assert.equal(stepOf(900, 1.5), '5');
    assert.equal(stepOf(100, 1.5), '2');
  });

  it('has whole seconds only', () => {
    const options = { windowSeconds: 10.2, pollSeconds: 0.5, resultType: 'vector' } as const;
    assert.match(windowQuery('q', options), /\[11s:1s\]\)$/);
  });
});

describe('uptime query', () => {
  it('asks for the Prometheus container throughout the window', () => {
    assert.equal(
      uptimeQuery(undefined, 900),
      'min_over_time((max(up{container="prometheus"}) or vector(0))[900s:60s])',
    );
  });

  it('takes the filter that is given', () => {
    assert.match(uptimeQuery('job="x"', 900), /max\(up\{job="x"\}\)/);
    assert.equal(uptimeQuery(' ', 900), uptimeQuery(undefined, 900));
  });

  it('has a step within a window shorter than a minute, so that it gives a value at all', () => {
    assert.match(uptimeQuery(undefined, 30), /\[30s:15s\]\)$/);
    assert.match(uptimeQuery(undefined, 1), /\[1s:1s\]\)$/);
  });

  it('asks for now where there is no cooldown', () => {
    assert.equal(uptimeQuery(undefined, 0), '(max(up{container="prometheus"}) or vector(0))');
  });
});

describe('URL', () => {
  it('keeps the path of the server, with and without a slash at its end', () => {
    const expected = 'http://mimir/prometheus/api/v1/query?query=up';
    assert.equal(queryUrl(new URL('http://mimir/prometheus'), 'up'), expected);
    assert.equal(queryUrl(new URL('http://mimir/prometheus//'), 'up'), expected);
    assert.equal(queryUrl(new URL('http://mimir'), 'up'), 'http://mimir/api/v1/query?query=up');
  });

  it('carries any query as one parameter', () => {
    const query = 'sum(rate(x{a=~"b&time=0#+ %2B"}[1m]))\n# ?';
    const url = new URL(queryUrl(new URL('http://prometheus'), query));
    assert.deepEqual([...url.searchParams], [['query', query]]);
    assert.equal(url.hash, '');
  });
});
