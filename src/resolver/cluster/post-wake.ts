import { createPostJson } from '../../post-json.ts';
import type { Claim } from '../ports.ts';

/** What the hook service said to a wake: the status, or undefined where nothing came in time. */
export type PostWake = (
  claim: Pick<Claim, 'namespace' | 'service'>,
  options: {
    readonly held: number;
    readonly timeoutMs: number;
    readonly isFreshConnection: boolean;
    readonly traceparent?: string | undefined;
  },
) => Promise<number | undefined>;

const PATH = '/informer/incoming-request';
// The hook service keeps an idle connection for 95 s: be first to close it.
const POOL = { keepAlive: true, timeout: 50_000, maxSockets: 256, maxFreeSockets: 32 };

/** Makes the call of the wake route at the hook service's address. */
export function createPostWake(address: string): PostWake {
  const post = createPostJson(address, PATH, POOL);
  return ({ namespace, service }, { held, timeoutMs, isFreshConnection, traceparent }) =>
    post(JSON.stringify({ count: Math.max(1, held), svc: service, namespace }), {
      headers: traceparent === undefined ? {} : { traceparent },
      timeoutMs,
      // A replica that died with its node keeps what was sent on a pooled connection to itself.
      isFreshConnection,
    });
}
