/** Whether an ElastiService is this replica's to look after. */
export type IsMine = (uid: string) => boolean;

export interface Share {
  /** This replica's own address; undefined: not known. */
  readonly self: string | undefined;
  /** The addresses of all replicas that are ready; undefined: not known. */
  peers(): readonly string[] | undefined;
}

/**
 * Shares ElastiServices out among the replicas: each goes to the one whose address weighs most with its uid, so that a replica
 * that comes or goes moves only what it takes or had. Who knows no other, or not itself, looks after all of them.
 */
export function createIsMine({ self, peers }: Share): IsMine {
  return (uid) => {
    const ready = peers();
    if (self === undefined || ready === undefined || ready.length === 0) return true;
    const [first, ...others] = ready.map((peer) => ({ peer, weight: weigh(peer, uid) }));
    const heaviest = others.reduce(
      (best, each) => (isHeavier(each, best) ? each : best),
      first ?? { peer: self, weight: 0 },
    );
    return heaviest.peer === self;
  };
}

interface Weighed {
  readonly peer: string;
  readonly weight: number;
}

const isHeavier = (one: Weighed, other: Weighed): boolean =>
  one.weight === other.weight ? one.peer < other.peer : one.weight > other.weight;

/** FNV-1a, its bits mixed once more: addresses often differ in their last characters alone. */
function weigh(peer: string, uid: string): number {
  let sum = 0x811c9dc5;
  const text = `${peer} ${uid}`;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}
