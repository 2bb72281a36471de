/**
 * Milliseconds asked for by the Retry-After of a 429: whole seconds or an HTTP date. Anything else, a fraction and a
 * missing header included, is 0 and makes Metacontroller 4.17 call again at once.
 */
export function parseRetryAfterMs(header: string | undefined, now: Date): number {
  if (header === undefined) return 0;
  if (/^[+-]?\d+$/.test(header)) return Math.max(0, Number(header) * 1000);
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [A-Z]+$/.test(header)) return 0;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? 0 : Math.max(0, Math.ceil((atMs - now.getTime()) / 1000) * 1000);
}
