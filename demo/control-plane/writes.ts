import { RefusedError } from './api-error.ts';
import type { Resource } from './resources.ts';
import type { ObjectName, SentObject, Store, StoredObject } from './store.ts';

/** One write request, its body read. */
export interface WriteRequest {
  readonly store: Store;
  readonly resource: Resource;
  readonly name: ObjectName;
  readonly subresource: string | undefined;
  readonly body: SentObject;
}

/** POST: a new object. */
export function create({ store, resource, name, body }: WriteRequest): StoredObject {
  if (store.get(name)) throw new RefusedError(409, `${name.plural} "${name.name}" already exists`);
  const { apiVersion, kind, plural } = resource;
  return store.put(plural, { ...body, apiVersion, kind, metadata: { ...body.metadata, namespace: name.namespace } });
}

/** PUT: the whole object, or its status alone. */
export function replace(request: WriteRequest): StoredObject {
  const { store, resource, subresource, body } = request;
  const live = readForWrite(request);
  if (subresource === 'status') return store.put(resource.plural, { ...live, status: body.status });
  const metadata = { ...body.metadata, namespace: live.metadata.namespace };
  const status = resource.hasStatus ? { status: live.status } : {};
  return finish(request, { ...body, metadata, ...status });
}

/** PATCH: a merge patch, or a server-side apply, which is allowed to make the object. */
export function patch(request: WriteRequest, contentType: string): StoredObject {
  const { store, resource, name, subresource, body } = request;
  const isApply = contentType.startsWith('application/apply-patch');
  if (isApply && store.get(name) === undefined) return create(request);
  const live = readForWrite(request);
  if (subresource === 'scale') {
    const { replicas } = body.spec as { replicas: number };
    return store.put(resource.plural, { ...live, spec: { ...(live.spec as object), replicas } });
  }
  // Who applies owns its fields whole: a list that lost an entry is not merged with the one that has it.
  const { metadata, ...fields } = body;
  const merged = isApply ? { ...live, ...fields } : (mergePatch(live, fields) as StoredObject);
  return finish(request, { ...merged, metadata: mergePatch(live.metadata, metadata) as StoredObject['metadata'] });
}

/** DELETE: at once, or when its finalizers are gone. */
export function remove(request: WriteRequest): StoredObject {
  const live = read(request);
  const { uid } = (request.body.preconditions ?? {}) as { uid?: string };
  if (uid !== undefined && uid !== live.metadata.uid) throw new RefusedError(409, 'it is another object by now');
  if ((live.metadata.finalizers ?? []).length === 0) {
    request.store.remove(request.name);
    return live;
  }
  const deletionTimestamp = new Date().toISOString();
  return request.store.put(request.name.plural, { ...live, metadata: { ...live.metadata, deletionTimestamp } });
}

/** The object, or 404. */
export function read({ store, name }: Pick<WriteRequest, 'store' | 'name'>): StoredObject {
  const live = store.get(name);
  if (live === undefined) throw new RefusedError(404, `${name.plural} "${name.name}" not found`);
  return live;
}

function readForWrite(request: WriteRequest): StoredObject {
  const live = read(request);
  const { uid, resourceVersion } = request.body.metadata;
  if (uid !== undefined && uid !== live.metadata.uid) throw new RefusedError(422, 'immutable', 'metadata.uid');
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    throw new RefusedError(409, `${request.name.name} has been modified; read it again`);
  }
  return live;
}

/** An object that was only kept by its finalizers goes with the last of them. */
function finish({ store, resource, name }: WriteRequest, object: SentObject): StoredObject {
  const { deletionTimestamp, finalizers } = object.metadata as StoredObject['metadata'];
  const written = store.put(resource.plural, object);
  if (deletionTimestamp !== undefined && (finalizers ?? []).length === 0) store.remove(name);
  return written;
}

/** RFC 7396. */
function mergePatch(target: unknown, change: unknown): unknown {
  if (!isRecord(change)) return change;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
