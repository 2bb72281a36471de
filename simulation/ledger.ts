import type { Request, Site, World } from './world.ts';

/** What became of the requests. */
export interface Ledger {
  make(site: Site, kind: Pick<Request, 'durationMs' | 'isCounted'>): Request;
  served(request: Request): void;
  lost(request: Request, cause: Cause): void;
  readonly sent: number;
  readonly servedCount: number;
  /** Requests that are neither served nor lost. */
  readonly leftCount: number;
  readonly losses: ReadonlyMap<Cause, number>;
}

/** Causes of a loss; those that are ours must never occur. */
export const CAUSES = {
  noEndpoint: { isOurs: true, sentence: 'nothing stood behind the Service, by an act of ours' },
  stalePod: { isOurs: true, sentence: 'a pod that stopped in good order was still being sent connections' },
  portClosed: { isOurs: true, sentence: 'a slice named a port that the resolver did not listen on' },
  staleResolver: { isOurs: true, sentence: 'a resolver that left in good order was still being sent connections' },
  podCrashed: { isOurs: false, sentence: 'the pod that served, or the last one, crashed' },
  abruptPod: { isOurs: false, sentence: "a pod closed its listener at SIGTERM, within kube-proxy's sync window" },
  cutByAbruptPod: { isOurs: false, sentence: 'a pod that ends at SIGTERM cut what it was answering' },
  resolverKilled: { isOurs: false, sentence: 'held or passed on by, or sent to, a resolver that was killed' },
  familyAbsent: { isOurs: false, sentence: 'no resolver was there in the family of the connection' },
  resolverAbsent: { isOurs: false, sentence: 'no resolver was there' },
  holdLimit: { isOurs: false, sentence: 'held for as long as the resolver holds' },
  personsZero: { isOurs: false, sentence: "a person's own zero, until the redirection stands" },
  notStarted: { isOurs: false, sentence: 'no pod had become ready yet, until the redirection stands' },
  autoscalersZero: { isOurs: false, sentence: 'an autoscaler scaled to zero' },
  resolverLeftUnseen: { isOurs: false, sentence: 'a resolver left while no sync could be answered' },
  clocksApart: {
    isOurs: false,
    sentence: 'clocks were further apart than the protocol allows for, and ate the settle time',
  },
  serviceGone: { isOurs: false, sentence: 'the Service itself had been deleted, or had only just come back' },
  claimsLost: { isOurs: false, sentence: 'somebody deleted the claims of ports, and nobody remembered this one' },
  portsChanged: { isOurs: false, sentence: 'the ports of the Service had only just been changed' },
  targetGone: { isOurs: false, sentence: 'the workload itself had been deleted' },
  notOurService: { isOurs: false, sentence: 'no ElastiService was there for it' },
} as const;
export type Cause = keyof typeof CAUSES;

/** An empty ledger. */
export function createLedger(
  world: Pick<World, 'scheduler' | 'tell'> & { readonly onOurLoss: (request: Request, cause: Cause) => void },
): Ledger {
  const losses = new Map<Cause, number>();
  let sent = 0;
  let servedCount = 0;
  let lostCount = 0;
  return {
    make: (site, kind) => {
      sent += 1;
      return { id: sent, site, atMs: world.scheduler.nowMs(), ...kind, isOver: false };
    },
    served: (request) => {
      if (request.isOver) return;
      request.isOver = true;
      servedCount += 1;
    },
    lost: (request, cause) => {
      if (request.isOver) return;
      request.isOver = true;
      lostCount += 1;
      losses.set(cause, (losses.get(cause) ?? 0) + 1);
      world.tell(request.site, 'client', () => `request ${request.id} is lost: ${cause}`);
      if (CAUSES[cause].isOurs) world.onOurLoss(request, cause);
    },
    get sent() {
      return sent;
    },
    get servedCount() {
      return servedCount;
    },
    get leftCount() {
      return sent - servedCount - lostCount;
    },
    losses,
  };
}
