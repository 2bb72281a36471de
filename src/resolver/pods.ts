import { isIP } from 'node:net';
import type { Random } from '../effects/ports.ts';
import { TICK_MS } from './limits.ts';
import type { PodEndpoint } from './ports.ts';

/** A ready pod as the dialler knows it. */
export interface Pod extends PodEndpoint {
  /** Connections that are being opened to it. */
  dialling: number;
  open: number;
  /** Connections opened of late that it has not sent a byte on: they may still wait to be accepted. */
  unanswered: number;
  /** Of late means since then. */
  countedSinceMs: number;
  /** It has answered, and not failed since. */
  isProven: boolean;
  nextTryAtMs: number;
  /** Failures in a row, and until when it is left alone for them where others serve. */
  failures: number;
  restsUntilMs: number;
}

/** A pod that has not answered yet gets this many dials at once, one more each tick. */
const MAX_TRIES = 32;

/** Of no more pods than these the least busy is looked for. */
const MAX_COMPARED = 16;
const MAX_REST_MS = 5000;

/** The ready pods of one port. */
export class Pods {
  private list: readonly Pod[] = [];
  private proven = 0;
  private readonly maxDials: number;
  private readonly random: Pick<Random, 'next'>;

  constructor(maxDials: number, random: Pick<Random, 'next'>) {
    this.maxDials = maxDials;
    this.random = random;
  }

  get size(): number {
    return this.list.length;
  }

  /** Takes over the endpoints of now; what is known of those that stay is kept. */
  update(endpoints: readonly PodEndpoint[]): void {
    const known = new Map(this.list.map((pod) => [keyOf(pod), pod]));
    // A name would be looked up, and whoever answers that would choose where the traffic goes.
    this.list = endpoints
      .filter(({ address }) => isIP(address) !== 0)
      .map((each) => known.get(keyOf(each)) ?? newPod(each));
    this.proven = this.list.filter(({ isProven }) => isProven).length;
  }

  /** A pod to dial now, for one of those that wait; undefined when none may be dialled yet. */
  pick(nowMs: number, waiting: number): Pod | undefined {
    const { length } = this.list;
    const one = this.list[length > 1 ? this.chance() : 0];
    if (!one || length === 1) return one && this.mayDial(one, nowMs) ? one : undefined;
    const isOneProven = this.proven > 0;
    if (this.proven < length) {
      // One that is new is tried at once, and one that failed less and less often while others serve.
      const isDue = (pod: Pod) =>
        !pod.isProven && this.mayDial(pod, nowMs) && !(isOneProven && nowMs < pod.restsUntilMs);
      const untried = this.list.find(isDue);
      if (untried || !isOneProven) return untried;
    }
    const share = this.fairShare(nowMs, waiting);
    const mayDial = (pod: Pod) => pod.isProven && this.mayDial(pod, nowMs) && loadOf(pod) < share;
    const other = this.list[this.chance()] as Pod;
    const better = loadOf(one) <= loadOf(other) ? one : other;
    // Of many, the less busy of two by chance is nearly as good as the least busy, and does not ask each.
    if (length > MAX_COMPARED && mayDial(better)) return better;
    let best: Pod | undefined;
    for (const pod of [better, ...this.list]) if (mayDial(pod) && (!best || loadOf(pod) < loadOf(best))) best = pod;
    return best;
  }

  /** The pod has answered a dial. */
  succeed(pod: Pod): void {
    if (!pod.isProven) this.proven++;
    pod.isProven = true;
    pod.failures = 0;
  }

  /** The pod has refused a dial, or not answered it in time. */
  fail(pod: Pod, nowMs: number): void {
    if (pod.isProven) this.proven--;
    pod.isProven = false;
    pod.restsUntilMs = nowMs + Math.min(MAX_REST_MS, TICK_MS * 2 ** pod.failures);
    pod.failures++;
  }

  /** Whether a dial to an unproven pod had better go to another. */
  hasProvenBeside(pod: Pod, nowMs: number): boolean {
    return this.list.some((other) => other !== pod && other.isProven && this.mayDial(other, nowMs));
  }

  private chance(): number {
    return Math.floor(this.random.next() * this.list.length);
  }

  /** While some have a first dial on the way, the others take no more of a herd than they would of all together. */
  private fairShare(nowMs: number, waiting: number): number {
    const isTrying = this.list.some((pod) => !pod.isProven && pod.dialling > 0 && nowMs < pod.nextTryAtMs);
    if (!isTrying) return Number.POSITIVE_INFINITY;
    return Math.ceil((waiting + this.list.reduce((sum, pod) => sum + loadOf(pod), 0)) / this.list.length);
  }

  private mayDial(pod: Pod, nowMs: number): boolean {
    if (!pod.isProven) return nowMs >= pod.nextTryAtMs && pod.dialling < MAX_TRIES;
    if (nowMs - pod.countedSinceMs >= TICK_MS) {
      pod.countedSinceMs = nowMs;
      pod.unanswered = 0;
    }
    return pod.dialling < this.maxDials && pod.unanswered < this.maxDials;
  }
}

const loadOf = ({ open, dialling }: Pod) => open + dialling;

const keyOf = ({ address, port }: PodEndpoint) => `${address} ${port}`;

function newPod({ address, port }: PodEndpoint): Pod {
  const counts = { dialling: 0, open: 0, unanswered: 0, countedSinceMs: 0 };
  return { address, port, ...counts, isProven: false, nextTryAtMs: 0, failures: 0, restsUntilMs: 0 };
}
