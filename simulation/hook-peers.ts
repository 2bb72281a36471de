import type { World } from './world.ts';

/** The hook replicas as the slices of their own Service show them: those that came or went are known of late. */
export interface HookPeers {
  readonly ready: ReadonlySet<string>;
  /** Gives the function that takes the listener away. */
  onChange(listener: () => void): () => void;
  came(name: string): void;
  /** `isBack`: asked when it would be known. */
  went(name: string, isBack: () => boolean): void;
}

const READY_MS = 1500;
const GONE_MS = 10_000;

export function createHookPeers({ scheduler, chance }: Pick<World, 'scheduler' | 'chance'>): HookPeers {
  const ready = new Set<string>();
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  return {
    ready,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    came: (name) =>
      void scheduler.after(chance.between(READY_MS / 10, READY_MS), () => {
        if (ready.has(name)) return;
        ready.add(name);
        tell();
      }),
    went: (name, isBack) =>
      void scheduler.after(chance.between(10, GONE_MS), () => {
        if (isBack() || !ready.delete(name)) return;
        tell();
      }),
  };
}
