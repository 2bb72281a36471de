import { createLimiter } from '../triggers/limiter.ts';
import { createRaiseChains, type RaiseChainsDeps } from './raise-chain.ts';
import type { Entry, Registry } from './registry.ts';
import { waitAtMost } from './wait-at-most.ts';
import { createWakeTokens } from './wake-tokens.ts';

export interface WakesDeps extends RaiseChainsDeps {
  readonly registry: Registry;
  /** After the target was seen raised; seconds since the wake was asked for. */
  readonly onWake?: (wake: { readonly namespace: string; readonly service: string; readonly seconds: number }) => void;
}

export interface Wakes {
  /**
   * Wakes the ElastiService behind a Service. Resolves once the wake token is in the cluster, and a little later if the
   * raise needs it. Throws UnknownServiceError where there is none, and KubeApiError where the token could not be
   * written: then nothing is promised, and the caller has to ask again.
   */
  wake(namespace: string, service: string): Promise<void>;
  /** Waits for what is under way; tries that failed are not repeated any more. */
  stop(): Promise<void>;
}

const TOKEN_INTERVAL_MS = 1000;
const EFFECTS_WAIT_MS = 500;
/** As long as both of its calls may take of an API server that is busy; a raise that fails for longer must not keep others waiting. */
const PLACE_MS = 2000;
/**
 * So many Services are woken at once, as many as wakes have connections; the others wait for their turn, each from token to raise.
 * A thousand at once would wait for connections, with their time-outs running, and half of what they ask would come to nothing.
 */
const WAKES_AT_ONCE = 64;

/**
 * The wakes of all Services. The order is: token, then `/scale`. It must not be side by side: a zero step on another
 * replica writes 0 and then looks for a changed token, so a `/scale` read before our token is in the cluster may show
 * replicas that are about to go, while the zero step sees no token yet; nobody would raise. And what the raise needs to
 * know (target, replicas, autoscaler) comes fresh in the answer to the token.
 */
export function createWakes(deps: WakesDeps): Wakes {
  const { clock, onWake } = deps;
  const tokens = createWakeTokens(deps);
  const chains = createRaiseChains(deps);
  const joinable = new Map<string, Promise<void>>();
  // Ordered by time, since each is put in anew when a token is sent.
  const tokenSentAtMs = new Map<string, number>();
  const underWay = new Set<Promise<unknown>>();
  const limit = createLimiter(WAKES_AT_ONCE);

  const track = <T>(promise: Promise<T>): Promise<T> => {
    const tracked = promise.catch(() => undefined).finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    return promise;
  };

  const waitForTurn = async (key: string) => {
    const freeAtMs = (tokenSentAtMs.get(key) ?? Number.NEGATIVE_INFINITY) + TOKEN_INTERVAL_MS;
    const waitMs = freeAtMs - clock.monotonicMs();
    if (waitMs > 0) await clock.sleep(waitMs);
  };

  const noteTokenSent = (key: string) => {
    const nowMs = clock.monotonicMs();
    tokenSentAtMs.delete(key);
    tokenSentAtMs.set(key, nowMs);
    for (const [old, sentAtMs] of tokenSentAtMs) {
      if (nowMs - sentAtMs < TOKEN_INTERVAL_MS) break;
      tokenSentAtMs.delete(old);
    }
  };

  const wakeOnce = async (namespace: string, service: string): Promise<void> => {
    const key = `${namespace}/${service}`;
    const askedAtMs = clock.monotonicMs();
    const entry = await tokens.find(namespace, service);
    await waitForTurn(key);
    await new Promise<void>((answer, refuse) => {
      const isOver = limit(async () => {
        const { raised } = await wakeNow(key, { namespace, service, entry, askedAtMs });
        void waitAtMost(clock, EFFECTS_WAIT_MS, raised).then(answer);
        await waitAtMost(clock, PLACE_MS, raised);
      });
      isOver.catch(refuse);
    });
  };

  /** Resolves once the token is in the cluster, with the raise that follows, which never rejects. */
  const wakeNow = async (
    key: string,
    { namespace, service, entry, askedAtMs }: { namespace: string; service: string; entry: Entry; askedAtMs: number },
  ): Promise<{ readonly raised: Promise<void> }> => {
    // Whoever asks from here on needs a token of their own: this one may be served before they asked.
    joinable.delete(key);
    noteTokenSent(key);
    const written = await tokens.write(namespace, service, entry);
    const raised = chains.start(written.parent, written.token).then((ended) => {
      if (ended === 'raised') onWake?.({ namespace, service, seconds: (clock.monotonicMs() - askedAtMs) / 1000 });
    });
    return { raised: track(raised) };
  };

  return {
    wake: (namespace, service) => {
      const key = `${namespace}/${service}`;
      const joined = joinable.get(key);
      if (joined) return joined;
      const started = track(wakeOnce(namespace, service)).finally(() => {
        if (joinable.get(key) === started) joinable.delete(key);
      });
      joinable.set(key, started);
      return started;
    },
    stop: async () => {
      chains.stop();
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
