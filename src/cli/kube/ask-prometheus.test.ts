import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyPath } from './ask-prometheus.ts';

const path = (address: string) => proxyPath(address, 'cluster.local');

test('an address of a Service is asked through the API server', () => {
  const of = (service: string, base = '') => `/api/v1/namespaces/mon/services/${service}/proxy${base}/api/v1/query`;
  assert.equal(path('http://prom.mon:9090'), of('http:prom:9090'));
  assert.equal(path('http://prom.mon.svc:9090/'), of('http:prom:9090'));
  assert.equal(path('http://prom.mon.svc.cluster.local.'), of('http:prom:80'));
  assert.equal(path('https://prom.mon.svc.cluster.local/select/0'), of('https:prom:443', '/select/0'));
});

test('any other address cannot be asked from here', () => {
  for (const address of [
    'http://prom',
    'http://10.0.0.1:9090',
    'https://prom.example.com',
    'http://a:b@prom.mon',
    'nothing',
  ]) {
    assert.equal(path(address), undefined, address);
  }
});
