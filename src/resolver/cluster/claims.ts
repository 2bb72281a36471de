import { z } from 'zod';
import { SHARDS } from '../../effects/claim-table.ts';
import type { Claim } from '../ports.ts';

const SHARD_NAME = /^[^/]*\/elasti-resolver-ports-(\d+)$/;

export const ClaimShard = z.object({ data: z.record(z.string(), z.string()).nullish() });
export type ClaimShard = z.infer<typeof ClaimShard>;

const word = z.string().min(1).max(253);
const port = z.int().min(1).max(65_535);
const Entry = z.object({
  uid: word,
  namespace: word,
  elastiService: word,
  service: word,
  port,
  portName: z.string().max(253).default(''),
  privateService: z.string().max(253),
  // Empty until the private Service was seen: then there is nobody to forward to yet.
  privateServiceUid: z.string().max(253),
  freedAt: z.string().optional(),
});

/** An entry as it stands in its ConfigMap, beside what it says; undefined: no claim that is in use. */
export interface ReadClaim {
  readonly text: string;
  readonly claim: Claim | undefined;
}

export interface ReadClaimsOptions {
  /** `namespace/name` of the ConfigMap. */
  readonly key: string;
  readonly shard: ClaimShard;
  /** What the same ConfigMap said before: what did not change stays the same object. */
  readonly before: ReadonlyMap<string, ReadClaim>;
  readonly onMalformed: (entry: string, reason: string) => void;
}

/** The claims of one ConfigMap by key. Freed ones and malformed ones are none; the latter are told of once. */
export function readClaims({ key, shard, before, onMalformed }: ReadClaimsOptions): ReadonlyMap<string, ReadClaim> {
  const claims = new Map<string, ReadClaim>();
  const shardNumber = Number(SHARD_NAME.exec(key)?.[1] ?? Number.NaN);
  for (const [portText, text] of Object.entries(shard.data ?? {})) {
    const known = before.get(portText);
    if (known?.text === text) {
      claims.set(portText, known);
      continue;
    }
    const read = readClaim(portText, text, shardNumber);
    if (read.malformed !== undefined) onMalformed(`${key} ${portText}`, read.malformed);
    claims.set(portText, { text, claim: read.claim });
  }
  return claims;
}

function readClaim(
  portText: string,
  text: string,
  shardNumber: number,
): { readonly claim: Claim | undefined; readonly malformed?: string } {
  const malformed = (reason: string) => ({ claim: undefined, malformed: reason });
  const resolverPort = Number(portText);
  if (!/^[1-9]\d{3,4}$/.test(portText) || resolverPort < 1024 || resolverPort > 65_535) {
    return malformed('is no port from 1024 to 65535');
  }
  // A port that stood in two ConfigMaps could belong to two services.
  if (resolverPort % SHARDS !== shardNumber) return malformed('is a port of another ConfigMap');
  try {
    const { freedAt, ...claim } = Entry.parse(JSON.parse(text));
    return { claim: freedAt === undefined ? { resolverPort, ...claim } : undefined };
  } catch (error) {
    const path = error instanceof z.ZodError ? error.issues[0]?.path.join('.') : undefined;
    return malformed(path === undefined ? 'is no JSON' : `has no valid ${path}`);
  }
}
