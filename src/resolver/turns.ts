import { DIALS_PER_TURN } from './limits.ts';

export interface Dialling {
  /** Begins up to max dials; gives whether more could follow at once. */
  pump(max: number): boolean;
}

/**
 * Lets those that have something to dial do so in turns, a bounded number at a time, so that a herd for one service holds up
 * neither other services nor the bytes of open connections. Where nobody else asks, there is no delay.
 */
export function createTurns(): (dialling: Dialling) => void {
  const asking = new Set<Dialling>();

  const takeTurn = () => {
    const share = Math.max(1, Math.floor(DIALS_PER_TURN / asking.size));
    for (const each of [...asking]) if (!each.pump(share)) asking.delete(each);
    if (asking.size > 0) setImmediate(takeTurn);
  };
  return (dialling) => {
    if (asking.has(dialling)) return;
    const isAlone = asking.size === 0;
    if (isAlone && !dialling.pump(DIALS_PER_TURN)) return;
    asking.add(dialling);
    if (isAlone) setImmediate(takeTurn);
  };
}
