import type { Api } from './api.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** The API as a client with a limit of its own sees it: so many calls a second, and a burst. */
export function limitCalls(
  { api, scheduler }: Pick<World, 'api' | 'scheduler'>,
  process: Process,
  { perSecond, burst }: { readonly perSecond: number; readonly burst: number },
): Pick<Api, 'call'> {
  const everyMs = 1000 / perSecond;
  let nextMs = Number.NEGATIVE_INFINITY;
  return {
    call: (from, about, act) => {
      const nowMs = scheduler.nowMs();
      nextMs = Math.max(nextMs, nowMs - burst * everyMs) + everyMs;
      const waitMs = nextMs - nowMs;
      return waitMs <= 0 ? api.call(from, about, act) : process.wait(waitMs).then(() => api.call(from, about, act));
    },
  };
}
