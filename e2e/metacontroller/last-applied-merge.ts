import type { KubeObject } from './kube-object.ts';

export const LAST_APPLIED_ANNOTATION = 'metacontroller.k8s.io/last-applied-configuration';

// A list whose items all have one of these fields is merged item by item; the first field that fits is the key.
const LIST_KEYS = ['containerPort', 'port', 'mountPath', 'name', 'uid', 'ip', 'path'];

const SERVER_FIELDS = [
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
];

type Fields = Record<string, unknown>;

/** The three-way merge of dynamic-apply: what was applied before and is no longer desired goes, the rest of `observed` stays. */
export function mergeDesired(observed: KubeObject, desired: KubeObject): KubeObject {
  const lastApplied = JSON.parse(observed.metadata.annotations?.[LAST_APPLIED_ANNOTATION] ?? '{}') as Fields;
  const merged = mergeFields(observed, lastApplied, desired) as KubeObject;
  const metadata: Fields = { ...merged.metadata };
  for (const field of SERVER_FIELDS) restore(metadata, observed.metadata, field);
  restore(merged, observed, 'status');
  return withLastApplied({ ...merged, metadata: metadata as KubeObject['metadata'] }, desired);
}

export function withLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations, [LAST_APPLIED_ANNOTATION]: JSON.stringify(applied) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function merge(observed: unknown, lastApplied: unknown, desired: unknown): unknown {
  if (Array.isArray(observed)) {
    return mergeLists(observed, (lastApplied ?? []) as unknown[], (desired ?? []) as unknown[], desired);
  }
  if (!isFields(observed)) return desired;
  return mergeFields(observed, (lastApplied ?? {}) as Fields, (desired ?? {}) as Fields);
}

function mergeFields(observed: Fields, lastApplied: Fields, desired: Fields): Fields {
  const merged = { ...observed };
  for (const key of Object.keys(lastApplied)) if (!(key in desired)) delete merged[key];
  for (const [key, value] of Object.entries(desired)) merged[key] = merge(observed[key], lastApplied[key], value);
  return merged;
}

function mergeLists(observed: unknown[], lastApplied: unknown[], desired: unknown[], asReturned: unknown): unknown {
  const listKey = commonListKey([...observed, ...lastApplied, ...desired]);
  if (listKey === undefined) return asReturned;
  const byKey = (list: unknown[]) => Object.fromEntries(list.map((item) => [`k${(item as Fields)[listKey]}`, item]));
  const before = byKey(observed);
  const merged = mergeFields(before, byKey(lastApplied), byKey(desired));
  // Observed order first, then what is new in desired order.
  const keys = new Set([...Object.keys(before), ...Object.keys(byKey(desired))]);
  return [...keys].filter((key) => key in merged).map((key) => merged[key]);
}

function commonListKey(items: readonly unknown[]): string | undefined {
  if (items.length === 0 || !items.every(isFields)) return undefined;
  return LIST_KEYS.find((key) => items.every((item) => key in item));
}

function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function restore(target: Fields, source: Fields, field: string): void {
  if (field in source) target[field] = source[field];
  else delete target[field];
}
