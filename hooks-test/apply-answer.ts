import { type Child, SERVICES, SLICES, SyncRequest } from '../src/api/hooks.ts';
import { isSame } from '../src/core/resources/same.ts';
import { roundTrip } from './golden.ts';

interface Applied {
  readonly status: unknown;
  readonly children: readonly Child[];
}

type Stored = { readonly metadata: { readonly generation?: number } };
type Objects = Record<string, Stored>;

/** The next request, once Metacontroller has applied an answer and nothing else has changed. */
export function applyAnswer(request: SyncRequest, { status, children }: Applied): SyncRequest {
  const { parent } = request;
  const next = roundTrip({ ...request, parent: { ...parent, status } });
  for (const [group, kind] of Object.entries({ [SERVICES]: 'Service', [SLICES]: 'EndpointSlice' })) {
    const before = (request.children[group] ?? {}) as Objects;
    const after: Objects = {};
    for (const child of children.filter((one) => one.kind === kind)) {
      const key = `${child.metadata.namespace}/${child.metadata.name}`;
      after[key] = asStored(child, before[key], parent);
    }
    Object.assign(next.children, { [group]: after });
    // Children are related too; a kind that was missing stays so.
    const related = request.related[group] as Objects | undefined;
    if (related === undefined) continue;
    const others = Object.entries(related).filter(([key]) => !(key in before));
    Object.assign(next.related, { [group]: { ...Object.fromEntries(others), ...after } });
  }
  return SyncRequest.parse(roundTrip(next));
}

// With what the API server and Metacontroller put around the fields that we own.
function asStored(child: Child, observed: Stored | undefined, { metadata }: SyncRequest['parent']) {
  const { name, uid } = metadata;
  const ownerReferences = [{ kind: 'ElastiService', name, uid, controller: true }];
  const { generation = 0 } = observed?.metadata ?? {};
  const isChanged = Object.entries(child).some(
    ([field, value]) =>
      field !== 'metadata' && !isSame(roundTrip(value), (observed as Record<string, unknown> | undefined)?.[field]),
  );
  const ofSlice = child.kind === 'EndpointSlice' ? { generation: isChanged ? generation + 1 : generation } : {};
  return { ...child, metadata: { ...observed?.metadata, ownerReferences, ...ofSlice, ...child.metadata } };
}

/** Where two answers differ: `children`, `events`, or `status.` and the field. */
export function changesBetween(
  a: Applied & { readonly events: readonly unknown[] },
  b: Applied & { readonly events: readonly unknown[] },
): readonly string[] {
  const before = roundTrip(a.status) as Record<string, unknown>;
  const after = roundTrip(b.status) as Record<string, unknown>;
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return [
    ...(isSame(roundTrip(a.children), roundTrip(b.children)) ? [] : ['children']),
    ...(b.events.length === 0 ? [] : ['events']),
    ...fields.filter((field) => !isSame(before[field], after[field])).map((field) => `status.${field}`),
  ];
}
