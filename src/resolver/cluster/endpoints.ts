import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { EndpointSlice } from '../../api/kubernetes.ts';
import { readyEndpoints } from '../../core/resources/resolver-slices.ts';
import type { Claim, Endpoints, PodEndpoint } from '../ports.ts';
import type { Broadcast } from './broadcast.ts';

/** All that is kept of an EndpointSlice of a private Service. */
export interface KeptSlice {
  readonly namespace: string;
  /** UID of the Service that it belongs to. */
  readonly ownerUid: string;
  readonly addresses: readonly string[];
  readonly ports: readonly { readonly name: string; readonly port: number }[];
}

/** Reads an EndpointSlice down to what is kept. */
export const KeptSlice: z.ZodType<KeptSlice> = EndpointSlice.transform((slice, context): KeptSlice => {
  const owner = slice.metadata.ownerReferences?.find(({ kind, controller }) => kind === 'Service' && controller);
  const { namespace } = slice.metadata;
  if (owner === undefined || namespace === undefined) {
    context.addIssue({ code: 'custom', path: ['metadata', 'ownerReferences'], message: 'names no Service' });
    return z.NEVER;
  }
  const ports = (slice.ports ?? []).flatMap(({ name, port, protocol }) =>
    port == null || (protocol ?? 'TCP') !== 'TCP' ? [] : [{ name: name ?? '', port }],
  );
  const addresses = readyEndpoints(slice).map(({ address }) => address);
  return { namespace, ownerUid: owner.uid, ports, addresses: addresses.filter((address) => isIP(address) !== 0) };
});

export interface LiveEndpoints extends Endpoints {
  /** A slice changed from `before`, or went (undefined). */
  takeSlice(key: string, value: KeptSlice | undefined, before: KeptSlice | undefined): void;
}

interface OwnedSlices {
  readonly slices: Map<string, KeptSlice>;
  /** What was asked for since the last change, by namespace and port name. */
  readonly answers: Map<string, readonly PodEndpoint[]>;
}

const NONE: readonly PodEndpoint[] = [];

/** Ready pods by the UID of the private Service that owns their slices: whoever has another UID has no pods here. */
export function createEndpoints({ broadcast }: { readonly broadcast: Broadcast }): LiveEndpoints {
  const byOwner = new Map<string, OwnedSlices>();

  const put = (ownerUid: string, key: string, slice: KeptSlice | undefined) => {
    const owned: OwnedSlices = byOwner.get(ownerUid) ?? { slices: new Map(), answers: new Map() };
    if (slice) owned.slices.set(key, slice);
    else owned.slices.delete(key);
    owned.answers.clear();
    if (owned.slices.size > 0) byOwner.set(ownerUid, owned);
    else byOwner.delete(ownerUid);
    broadcast.mark(ownerUid);
  };

  return {
    readyFor: ({ namespace, privateServiceUid, portName }) => {
      const owned = byOwner.get(privateServiceUid);
      if (owned === undefined) return NONE;
      const key = `${namespace}/${portName}`;
      const known = owned.answers.get(key);
      if (known) return known;
      const ready = listReady(owned.slices.values(), { namespace, portName });
      owned.answers.set(key, ready);
      return ready;
    },
    subscribe: ({ privateServiceUid }, onChange) => broadcast.subscribe(privateServiceUid, onChange),
    takeSlice: (key, value, before) => {
      if (isDeepStrictEqual(value, before)) return;
      if (before && before.ownerUid !== value?.ownerUid) put(before.ownerUid, key, undefined);
      if (value) put(value.ownerUid, key, value);
    },
  };
}

/** A slice holds one port of each name; pods whose named port differs are in a slice of their own. */
function listReady(
  slices: Iterable<KeptSlice>,
  { namespace, portName }: Pick<Claim, 'namespace' | 'portName'>,
): readonly PodEndpoint[] {
  const ready = new Map<string, PodEndpoint>();
  for (const slice of slices) {
    if (slice.namespace !== namespace) continue;
    const port = slice.ports.find(({ name }) => name === portName)?.port;
    if (port === undefined) continue;
    // While a pod moves from one slice to another it may be in both.
    for (const address of slice.addresses) ready.set(`${address} ${port}`, { address, port });
  }
  return [...ready.values()];
}
