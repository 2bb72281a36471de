import { z } from 'zod';
import type { ResolverPort } from '../api/elastiservice.ts';
import { intern } from '../core/intern.ts';
import { isSame } from '../core/resources/same.ts';
import type { PortRange } from '../core/types.ts';

/** Ports are spread over as many ConfigMaps: number n holds the ports that leave n when divided by it. */
export const SHARDS = 16;
/** On each of these ConfigMaps. */
export const CLAIMS_LABEL = 'elasti.truefoundry.com/resolver-ports';
export const CLAIMS_SELECTOR = `${CLAIMS_LABEL}=true`;
/** After this long a freed port may go to somebody else: by then no kube-proxy and no client remembers it. */
const QUARANTINE_MS = 3600_000;
/** Its own freed port it has back no sooner: by then no hook service believes resolvers that listened on it before. */
const REST_MS = 60_000;
/**
 * So long a port is kept after its Service no longer has it. A replica may go by a Service from before: one of the syncs
 * in between finds the port needed, and takes the mark back.
 */
export const LEFT_OVER_MS = 300_000;
/** So far may the clock that wrote a time here be behind ours. */
const CLOCK_SKEW_MS = 60_000;

const ClaimEntry = z.object({
  uid: z.string(),
  namespace: z.string(),
  elastiService: z.string(),
  service: z.string(),
  port: z.int(),
  portName: z.string(),
  privateService: z.string(),
  privateServiceUid: z.string(),
  leftOverAt: z.string().optional(),
  freedAt: z.string().optional(),
});

/** Whom a port of the resolver belongs to, or belonged to until `freedAt`; `leftOverAt`: when it was found needed no more. */
export type ClaimEntry = Readonly<z.infer<typeof ClaimEntry>>;

/** The claims of one ConfigMap by resolver port; undefined where nobody can tell whose it is. */
export type Entries = ReadonlyMap<number, ClaimEntry | undefined>;
export type Changes = ReadonlyMap<number, ClaimEntry>;

/** Whose ports are asked for, and which. */
export interface ClaimRequest extends Omit<ClaimEntry, 'port' | 'portName' | 'leftOverAt' | 'freedAt'> {
  readonly ports: readonly Pick<ClaimEntry, 'port' | 'portName'>[];
  /** What was claimed as far as its status knows: these again, if nobody else ever had them. */
  readonly before: readonly ResolverPort[];
  /** Ports of the resolver that its slices name. */
  readonly named: readonly number[];
}

/**
 * Reads a ConfigMap's data. What did not change since `before` stays the same object: compared by what it is written as, since
 * keeping the texts would double what thousands of claims take.
 */
export function readEntries(data: Readonly<Record<string, string>>, before?: Entries): Entries {
  const entries = new Map<number, ClaimEntry | undefined>();
  for (const [key, text] of Object.entries(data)) {
    const port = Number(key);
    const known = before?.get(port);
    entries.set(port, known && JSON.stringify(known) === text ? known : parseEntry(text));
  }
  return entries;
}

function parseEntry(text: string): ClaimEntry | undefined {
  try {
    return kept(ClaimEntry.parse(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

/** In one piece, with one copy of what others keep too; in the order in which it is written. */
function kept(entry: ClaimEntry): ClaimEntry {
  const { leftOverAt, freedAt } = entry;
  return {
    uid: intern(entry.uid),
    namespace: intern(entry.namespace),
    elastiService: intern(entry.elastiService),
    service: intern(entry.service),
    port: entry.port,
    portName: entry.portName,
    privateService: entry.privateService,
    privateServiceUid: entry.privateServiceUid,
    ...(leftOverAt === undefined ? {} : { leftOverAt }),
    ...(freedAt === undefined ? {} : { freedAt }),
  };
}

/**
 * Gives each port of the request its port of the resolver: the one that it has, or had; else one that nobody ever had; else
 * the one that was freed longest ago, past its quarantine. Undefined where there is none left.
 */
export function claimPorts(
  entries: Entries,
  request: ClaimRequest,
  { now, candidates }: { readonly now: Date; readonly candidates: readonly number[] },
): { readonly ports: readonly ResolverPort[]; readonly changes: Changes } | undefined {
  const changes = new Map<number, ClaimEntry>();
  const ports: ResolverPort[] = [];
  const isUnused = (port: number) => !entries.has(port) && !changes.has(port);
  /** Nobody has it, and its own slices name it: it was set aside for it when the claims had been lost. */
  const isSetAside = (port: number) => {
    const entry = changes.has(port) ? undefined : entries.get(port);
    return entry?.uid === request.uid && entry.freedAt !== undefined && request.named.includes(port);
  };
  for (const wanted of [...request.ports].sort((a, b) => a.port - b.port)) {
    const before = request.before.find(({ port }) => port === wanted.port)?.resolverPort ?? 0;
    const own = isInUse(entries.get(before), request.uid, wanted.port)
      ? before
      : findOwn(entries, { uid: request.uid, port: wanted.port, now });
    const resolverPort =
      own ??
      (candidates.includes(before) && (isUnused(before) || isSetAside(before)) ? before : undefined) ??
      candidates.find(isUnused) ??
      longestFreed(entries, changes, { now, candidates });
    if (resolverPort === undefined) return undefined;
    const entry = makeEntry(request, wanted);
    if (!isSame(entries.get(resolverPort), entry)) changes.set(resolverPort, entry);
    ports.push({ port: wanted.port, resolverPort });
  }
  return { ports, changes };
}

/** Nearly always true of the port that its status names, so that of thousands none has to be searched for. */
const isInUse = (entry: ClaimEntry | undefined, uid: string, port: number): boolean =>
  entry?.uid === uid && entry.port === port && entry.freedAt === undefined;

/** The lowest of those in use, else the lowest of those freed that have rested. */
function findOwn(
  entries: Entries,
  { uid, port, now }: { readonly uid: string; readonly port: number; readonly now: Date },
): number | undefined {
  const untilMs = now.getTime() - REST_MS - CLOCK_SKEW_MS;
  let freed: number | undefined;
  let used: number | undefined;
  for (const [resolverPort, entry] of entries) {
    if (entry?.uid !== uid || entry.port !== port) continue;
    if (entry.freedAt === undefined) used = Math.min(used ?? resolverPort, resolverPort);
    else if (Date.parse(entry.freedAt) <= untilMs) freed = Math.min(freed ?? resolverPort, resolverPort);
  }
  return used ?? freed;
}

function longestFreed(
  entries: Entries,
  changes: Changes,
  { now, candidates }: { readonly now: Date; readonly candidates: readonly number[] },
): number | undefined {
  let longest: { readonly port: number; readonly freedMs: number } | undefined;
  const untilMs = now.getTime() - QUARANTINE_MS - CLOCK_SKEW_MS;
  for (const port of candidates) {
    const freedMs = Date.parse(entries.get(port)?.freedAt ?? '');
    // What is not freed, or nobody knows when, compares as false.
    if (!(freedMs <= untilMs) || changes.has(port)) continue;
    if (longest === undefined || freedMs < longest.freedMs) longest = { port, freedMs };
  }
  return longest?.port;
}

/** The ports in use by a uid. */
export function portsInUse(entries: Entries, uid: string): ReadonlyMap<number, ClaimEntry> {
  const used = new Map<number, ClaimEntry>();
  for (const [port, entry] of entries) if (entry?.uid === uid && entry.freedAt === undefined) used.set(port, entry);
  return used;
}

/** What becomes of a port in use. */
export type Fate = 'keep' | 'mark' | 'free';

/** A port that is needed no more is marked first, and freed once it has been marked for long. */
export function fateOfLeftOver({ leftOverAt }: ClaimEntry, now: Date): Fate {
  if (leftOverAt === undefined) return 'mark';
  return now.getTime() - Date.parse(leftOverAt) >= LEFT_OVER_MS + CLOCK_SKEW_MS ? 'free' : 'keep';
}

/** Marks and frees ports that this uid has. */
export function dropPorts(
  entries: Entries,
  uid: string,
  { now, fateOf }: { readonly now: Date; fateOf(port: number, entry: ClaimEntry): Fate },
): Changes {
  const changes = new Map<number, ClaimEntry>();
  const at = now.toISOString();
  for (const [port, entry] of portsInUse(entries, uid)) {
    const fate = fateOf(port, entry);
    const { leftOverAt: _, ...rest } = entry;
    if (fate !== 'keep') changes.set(port, fate === 'mark' ? { ...rest, leftOverAt: at } : { ...rest, freedAt: at });
  }
  return changes;
}

function makeEntry(
  { uid, namespace, elastiService, service, privateService, privateServiceUid }: ClaimRequest,
  { port, portName }: Pick<ClaimEntry, 'port' | 'portName'>,
): ClaimEntry {
  return { uid, namespace, elastiService, service, port, portName, privateService, privateServiceUid };
}

/** The ports of a range that one ConfigMap holds, in order. */
export function portsOfShard({ first, last }: PortRange, shard: number): readonly number[] {
  const ports: number[] = [];
  for (let port = first + ((((shard - first) % SHARDS) + SHARDS) % SHARDS); port <= last; port += SHARDS) {
    ports.push(port);
  }
  return ports;
}
