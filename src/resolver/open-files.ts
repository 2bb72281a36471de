import { readFileSync } from 'node:fs';
import { MAX_REFUSING, type ResolverLimits } from './limits.ts';

/** Of Node itself, the API server's watches, the hook service and the internal port. */
const OTHER_FILES = 100;

/** How many files this process may have open, by the text of its /proc/self/limits; undefined: as many as it likes, or nobody says. */
export function parseMaxOpenFiles(limits: string): number | undefined {
  const soft = /^Max open files +(\d+) /m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** The same of this process, now. Node has raised its soft limit to the hard one as it started. */
export function readMaxOpenFiles(): number | undefined {
  try {
    return parseMaxOpenFiles(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    // Only Linux has the file.
    return undefined;
  }
}

export interface FittedLimits {
  readonly limits: ResolverLimits;
  /** Files that the limits asked for would take. */
  readonly neededFiles: number;
}

/**
 * Lowers the limit of held connections to what the files allow: two each, beside the listeners. Those that find none left
 * would be cut off without a word, or not reach their pod.
 */
export function fitToOpenFiles(
  limits: ResolverLimits,
  { maxOpenFiles, listeners }: { readonly maxOpenFiles: number | undefined; readonly listeners: number },
): FittedLimits {
  const others = OTHER_FILES + MAX_REFUSING + listeners;
  const neededFiles = others + 2 * limits.maxHeldConnections;
  if (maxOpenFiles === undefined || neededFiles <= maxOpenFiles) return { limits, neededFiles };
  const maxHeldConnections = Math.max(1, Math.floor((maxOpenFiles - others) / 2));
  return { limits: { ...limits, maxHeldConnections }, neededFiles };
}
