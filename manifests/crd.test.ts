import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { crdFile, renderCrd } from '../scripts/render-crd.ts';
import type { Schema } from '../scripts/structural-schema.ts';

const committed = readFileSync(crdFile, 'utf8');
const version = parse(committed).spec.versions[0];
const schema: Schema = version.schema.openAPIV3Schema;

test('the committed CRD is what npm run generate writes', () => {
  assert.equal(committed, renderCrd());
});

test('every field but metadata is described', () => {
  const mute = [...walk(schema, '')].filter(({ path, node }) => path !== '.metadata' && !node.description);
  assert.deepEqual(
    mute.map(({ path }) => path),
    [],
  );
});

test('the schema is structural: typed throughout but for threshold, unions nowhere', () => {
  for (const { path, node } of walk(schema, '')) {
    assert.equal(node.anyOf ?? node.oneOf ?? node.allOf, undefined, `${path} has a union`);
    assert.equal(node.$schema ?? node.const ?? node.propertyNames, undefined, `${path} is no OpenAPI v3`);
    if (!path.endsWith('.threshold')) assert.ok(node.type, `${path} has no type`);
    assert.ok(!(node.properties && node.additionalProperties), `${path} has both properties and free keys`);
  }
});

test('a field with a sentence has no pattern that would be reported besides', () => {
  for (const { path, node } of walk(schema, '')) {
    if (node['x-kubernetes-validations']) assert.equal(node.pattern, undefined, path);
  }
});

test('the columns of kubectl get are the documented ones', () => {
  const columns: { name: string; priority?: number }[] = version.additionalPrinterColumns;
  assert.deepEqual(
    columns.filter(({ priority }) => !priority).map(({ name }) => name),
    ['Mode', 'Phase', 'Target', 'Service', 'Reason', 'Age'],
  );
  assert.deepEqual(
    columns.filter(({ priority }) => priority === 1).map(({ name }) => name),
    ['Last scaled up'],
  );
});

test('the wake route can select by service, and status is a subresource with conditions by type', () => {
  assert.deepEqual(version.selectableFields, [{ jsonPath: '.spec.service' }]);
  assert.deepEqual(version.subresources, { status: {} });
  const status = schema.properties?.status?.properties ?? {};
  assert.equal(status.observedGeneration?.type, 'integer');
  assert.deepEqual(status.conditions?.['x-kubernetes-list-map-keys'], ['type']);
});

test('defaults are applied by the API server, and a written minTargetReplicas is at least 1', () => {
  const spec = schema.properties?.spec?.properties ?? {};
  assert.equal(spec.minTargetReplicas?.default, 1);
  assert.equal(spec.minTargetReplicas?.minimum, 1);
  assert.equal(spec.cooldownPeriod?.default, 900);
  assert.equal(spec.enabledPeriod?.properties?.schedule?.default, '0 0 * * *');
  assert.equal(spec.enabledPeriod?.properties?.duration?.default, '24h');
});

function* walk(node: Schema, path: string): Generator<{ path: string; node: Schema }> {
  for (const [name, property] of Object.entries(node.properties ?? {})) {
    yield { path: `${path}.${name}`, node: property };
    yield* walk(property, `${path}.${name}`);
  }
  if (node.items) yield* walk(node.items, `${path}[]`);
  if (node.additionalProperties) yield* walk(node.additionalProperties as Schema, `${path}.*`);
}
