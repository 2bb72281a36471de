import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface AuditedCall {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly requestReceivedTimestamp: string;
  readonly requestURI: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly namespace?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code: number };
}

export const HOOK_USER = 'system:serviceaccount:elasti:elasti-operator-controller';
export const RESOLVER_USER = 'system:serviceaccount:elasti:elasti-resolver';
export const METACONTROLLER_USER = 'system:serviceaccount:metacontroller:metacontroller';

/** The calls of the API's audit log that satisfy `isWanted`. */
export async function readAudit(
  file: string | undefined,
  isWanted: (call: AuditedCall) => boolean,
): Promise<readonly AuditedCall[]> {
  if (!file) throw new Error('the cluster runs without an audit log');
  const calls: AuditedCall[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    // The last line may be half written.
    if (!line.endsWith('}')) continue;
    const call = JSON.parse(line) as AuditedCall;
    if (isWanted(call)) calls.push(call);
  }
  return calls;
}

/** What was called how often, most frequent first, for people. */
export function describeCalls(calls: readonly AuditedCall[]): string {
  const counts = new Map<string, number>();
  for (const { verb, objectRef } of calls) {
    const what = [verb, objectRef?.resource, objectRef?.subresource].filter(Boolean).join(' ');
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([what, count]) => `${count} ${what}`).join(', ') || 'none';
}
