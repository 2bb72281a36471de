export const DEFAULT_UPTIME_FILTER = 'container="prometheus"';

/** Steps within a window; more would make a long cooldown an expensive query. */
const MAX_STEPS = 200;
const UPTIME_STEP_SECONDS = 60;

/**
 * The highest value of the query within the window. Only instant vectors can be looked back at, so a scalar is made one.
 * The query stands on lines of its own: it may end in a comment.
 */
export function windowQuery(
  query: string,
  options: { readonly windowSeconds: number; readonly pollSeconds: number; readonly resultType: 'vector' | 'scalar' },
): string {
  const windowSeconds = Math.ceil(options.windowSeconds);
  const step = stepSeconds(windowSeconds, Math.max(options.pollSeconds, windowSeconds / MAX_STEPS));
  const vector = options.resultType === 'scalar' ? `vector(\n${query}\n)` : `\n${query}\n`;
  return `max_over_time((${vector})[${windowSeconds}s:${step}s])`;
}

/** 1 where Prometheus itself was up throughout the window; over a window of 0, where it is up now. */
export function uptimeQuery(filter: string | undefined, windowSeconds: number): string {
  const up = `(max(up{${filter?.trim() || DEFAULT_UPTIME_FILTER}}) or vector(0))`;
  if (windowSeconds <= 0) return up;
  const window = Math.ceil(windowSeconds);
  return `min_over_time(${up}[${window}s:${stepSeconds(window, UPTIME_STEP_SECONDS)}s])`;
}

// Steps are aligned to multiples of the step: one longer than the window, or the server's default of a minute, may miss
// a short window altogether and give nothing.
const stepSeconds = (windowSeconds: number, wanted: number) =>
  Math.max(1, Math.min(Math.ceil(wanted), Math.floor(windowSeconds / 2)));

/** URL of an instant query; the server's has neither a query nor a fragment. */
export function queryUrl(server: URL, query: string): string {
  return `${server.href.replace(/\/+$/, '')}/api/v1/query?query=${encodeURIComponent(query.toWellFormed())}`;
}
