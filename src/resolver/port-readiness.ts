import type { Routes } from './ports.ts';

export interface PortReadinessDeps {
  readonly routes: Pick<Routes, 'current'>;
  listening(): readonly number[];
}

/**
 * Not ready before the port of every claim accepts connections. From then on it stays ready: whether a port that was
 * claimed later accepts yet, the hook service asks for itself, and one port must not take all the others away.
 */
export function createPortReadiness({ routes, listening }: PortReadinessDeps): () => {
  readonly ready: boolean;
  readonly reason: string;
} {
  let wasReady = false;
  return () => {
    if (wasReady) return { ready: true, reason: 'all claimed ports accept connections' };
    const open = new Set(listening());
    const missing = routes.current().filter(({ resolverPort }) => !open.has(resolverPort)).length;
    wasReady = missing === 0;
    if (wasReady) return { ready: true, reason: 'all claimed ports accept connections' };
    return { ready: false, reason: `${missing} claimed ports do not accept connections yet` };
  };
}
