import type { StoredObject } from './store.ts';

/** Whether an object is among those that the query of a list or watch selects: by equal labels, and by spec.service. */
export function makeSelects(url: URL): (object: StoredObject) => boolean {
  const labels = pairsOf(url.searchParams.get('labelSelector'));
  const fields = pairsOf(url.searchParams.get('fieldSelector'));
  return ({ metadata, spec }) =>
    labels.every(([label, value]) => metadata.labels?.[label] === value) &&
    fields.every(([field, value]) => field === 'spec.service' && (spec as { service?: string }).service === value);
}

const pairsOf = (selector: string | null) =>
  (selector ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map((part) => part.split('=') as [string, string]);
