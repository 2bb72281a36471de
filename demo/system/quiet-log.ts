import type { Logger } from '../../src/effects/ports.ts';

/** Logs errors alone, each as a line of the demo's own: the rest is told by what happens. */
export function createQuietLog(who: string, say: (line: string) => void): Logger {
  return {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields, message) => {
      const { err } = fields as { err?: unknown };
      say(`${who}: ${message}${err instanceof Error ? `: ${err.message}` : ''}`);
    },
  };
}
