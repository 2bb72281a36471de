import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDPOINT_SLICES, endpointSlice, SERVICES, service } from './fixtures.ts';
import type { RelatedRule } from './hook-answer.ts';
import { checkRelatedRule, matchesRelatedRule } from './related-rules.ts';

const services = { apiVersion: 'v1', resource: 'services' };
const slices = { apiVersion: 'discovery.k8s.io/v1', resource: 'endpointslices' };
const ofWeb = { 'kubernetes.io/service-name': 'web' };

function isService(rule: Partial<RelatedRule>, metadata = {}): boolean {
  return matchesRelatedRule({ ...services, ...rule }, SERVICES, service(metadata));
}

function isSlice(rule: Partial<RelatedRule>, metadata = {}): boolean {
  return matchesRelatedRule({ ...slices, ...rule }, ENDPOINT_SLICES, endpointSlice(metadata));
}

test('namespace and names', () => {
  const rule = { namespace: 'shop', names: ['api', 'web'] };
  assert.equal(isService(rule), true);
  assert.equal(isService(rule, { name: 'other' }), false);
  assert.equal(isService(rule, { namespace: 'elasti' }), false);
});

test('names without a namespace count in every namespace', () => {
  assert.equal(isService({ names: ['web'] }, { namespace: 'elasti' }), true);
});

test('a namespace alone is all that is in it', () => {
  assert.equal(isService({ namespace: 'shop' }, { name: 'anything' }), true);
  assert.equal(isService({ namespace: 'shop' }, { namespace: 'elasti' }), false);
});

test('namespace and labels', () => {
  const rule = { namespace: 'shop', labelSelector: { matchLabels: ofWeb } };
  assert.equal(isSlice(rule, { labels: { ...ofWeb, more: 'x' } }), true);
  assert.equal(isSlice(rule, { labels: { 'kubernetes.io/service-name': 'api' } }), false);
  assert.equal(isSlice(rule), false);
  assert.equal(isSlice(rule, { namespace: 'elasti', labels: ofWeb }), false);
});

test('labels across namespaces', () => {
  const rule = { labelSelector: { matchLabels: ofWeb } };
  assert.equal(isSlice(rule, { namespace: 'elasti', labels: ofWeb }), true);
});

test('match expressions', () => {
  const select = (operator: string, values?: string[]) => ({
    labelSelector: { matchExpressions: [{ key: 'tier', operator, ...(values ? { values } : {}) }] },
  });
  const labels = { tier: 'front' };
  assert.equal(isSlice(select('In', ['back', 'front']), { labels }), true);
  assert.equal(isSlice(select('In', ['back']), { labels }), false);
  assert.equal(isSlice(select('In', ['back'])), false);
  assert.equal(isSlice(select('NotIn', ['back']), { labels }), true);
  assert.equal(isSlice(select('NotIn', ['front']), { labels }), false);
  assert.equal(isSlice(select('NotIn', ['front'])), true);
  assert.equal(isSlice(select('Exists'), { labels }), true);
  assert.equal(isSlice(select('Exists')), false);
  assert.equal(isSlice(select('DoesNotExist')), true);
  assert.equal(isSlice(select('DoesNotExist'), { labels }), false);
  assert.throws(() => isSlice(select('Like', ['f*'])));
});

test('another kind never matches', () => {
  assert.equal(matchesRelatedRule({ ...services, namespace: 'shop' }, SERVICES, endpointSlice()), false);
});

test('a rule that mixes names with a selector, or a namespace with a namespace selector, is refused', () => {
  const labelSelector = { matchLabels: ofWeb };
  assert.throws(() => checkRelatedRule({ ...services, names: ['web'], labelSelector }));
  assert.throws(() => checkRelatedRule({ ...services, namespace: 'shop', namespaceSelector: labelSelector }));
  assert.doesNotThrow(() => checkRelatedRule({ ...services, namespace: 'shop', labelSelector }));
});
