import type { World } from './world.ts';

export type Family = 'IPv4' | 'IPv6';

/** Whether the resolver is there in a family. IPv4 always is, where any resolver is. */
export interface Families {
  /** Some Services have both, and so has the resolver. */
  readonly isDual: boolean;
  /** The resolver is not reachable by IPv6 for so long, and its slices say so. */
  loseSecond(ms: number): void;
  isGone(family: Family): boolean;
  /** It is gone, or was within a time. */
  wasGone(family: Family, withinMs: number): boolean;
  /** When the second was last there again, or will be. */
  backAtMs(): number;
  /** Told when that changes. */
  onChange(run: () => void): void;
}

const PREFIX = 'fd00::';

/** The address of the same pod in a family. */
export const addressIn = (family: Family, address: string): string =>
  family === 'IPv6' ? `${PREFIX}${address}` : address;

export const familyOf = (address: string): Family => (address.startsWith(PREFIX) ? 'IPv6' : 'IPv4');

/** The IPv4 address of the pod that has an address of either family. */
export const firstAddressOf = (address: string): string =>
  address.startsWith(PREFIX) ? address.slice(PREFIX.length) : address;

/** Families of a world; `isDual`: there are two. */
export function createFamilies({ scheduler, tell }: Pick<World, 'scheduler' | 'tell'>, isDual: boolean): Families {
  let goneUntilMs = Number.NEGATIVE_INFINITY;
  const listeners: (() => void)[] = [];
  const notify = () => {
    for (const listener of listeners) listener();
  };
  const wasGone = (family: Family, withinMs: number) => family === 'IPv6' && scheduler.nowMs() < goneUntilMs + withinMs;
  return {
    isDual,
    loseSecond: (ms) => {
      if (!isDual) return;
      tell(undefined, 'resolver', () => `has no IPv6 for ${Math.round(ms)} ms`);
      goneUntilMs = scheduler.nowMs() + ms;
      notify();
      scheduler.after(ms + 1, notify);
    },
    isGone: (family) => wasGone(family, 0),
    wasGone,
    backAtMs: () => goneUntilMs,
    onChange: (run) => void listeners.push(run),
  };
}
