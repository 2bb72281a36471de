import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type AuditedCall, HOOK_USER, METACONTROLLER_USER, RESOLVER_USER } from '../../e2e/stage/audit.ts';

export const CLIENTS = { 'hook service': HOOK_USER, resolver: RESOLVER_USER, Metacontroller: METACONTROLLER_USER };
export type Client = keyof typeof CLIENTS;

const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const clientOf = new Map(Object.entries(CLIENTS).map(([client, user]) => [user, client as Client]));

/** A call of one of our three, from the API server's audit log. */
export interface Call {
  readonly client: Client;
  readonly verb: string;
  /** With its subresource: `deployments/scale`. */
  readonly resource: string;
  readonly object: string;
  readonly atMs: number;
  readonly isWrite: boolean;
}

export interface AuditTail {
  /** Begins to note calls; `read` gives all of them since, up to now. */
  begin(): { read(): Promise<readonly Call[]> };
}

/** Reads what the API server adds to its audit log. */
export function createAuditTail(file: string): AuditTail {
  return {
    begin: () => {
      let from = statSync(file).size;
      const calls: Call[] = [];
      let rest = '';
      return {
        read: async () => {
          const end = statSync(file).size;
          if (end <= from) return calls;
          const lines = createInterface({ input: createReadStream(file, { start: from, end: end - 1 }) });
          from = end;
          for await (const line of lines) {
            const whole = rest + line;
            // The last line may be half written.
            rest = whole.endsWith('}') ? '' : whole;
            const call = rest === '' ? parseCall(whole) : undefined;
            if (call) calls.push(call);
          }
          return calls;
        },
      };
    },
  };
}

function parseCall(line: string): Call | undefined {
  // Most lines are of others: parse none of them.
  if (!line.includes('"system:serviceaccount:')) return undefined;
  const { user, verb, objectRef, requestReceivedTimestamp, requestURI } = JSON.parse(line) as AuditedCall & {
    readonly objectRef?: { readonly name?: string };
  };
  const client = clientOf.get(user.username);
  if (client === undefined) return undefined;
  const { resource = requestURI, subresource, namespace, name } = objectRef ?? {};
  return {
    client,
    verb,
    resource: subresource ? `${resource}/${subresource}` : resource,
    object: `${namespace ?? ''}/${name ?? ''}`,
    atMs: Date.parse(requestReceivedTimestamp),
    isWrite: WRITES.includes(verb),
  };
}

/** How often each client did what, such as `get elastiservices`. */
export function countCalls(calls: readonly Call[], client: Client): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const call of calls) {
    if (call.client !== client) continue;
    const what = `${call.verb} ${call.resource}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort(([, a], [, b]) => b - a));
}

/** Metacontroller reads the parent once in each sync. */
export const isSync = ({ client, verb, resource }: Call): boolean =>
  client === 'Metacontroller' && verb === 'get' && resource === 'elastiservices';
