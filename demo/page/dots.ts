import type { RequestEvent } from '../api.ts';
import { svg } from './dom.ts';

type Point = readonly [x: number, y: number];

const CLIENT: Point = [58, 92];
const RESOLVER: Point = [174, 48];
const HOUSE: Point = [272, 106];
/** In each of the two rows in the resolver. */
const HELD_SLOTS = 8;
/** More would be a blur, and a page left open overnight must not gather them. */
const MAX_DOTS = 48;
const STEP_MS = 420;

/** One after the other, by their number, so that a hundred at once are seen as many. */
const delayOf = (id: number) => (id % 12) * 30;
const move = ([x, y]: Point, opacity = 1) => ({ transform: `translate(${x}px, ${y}px)`, opacity });
const heldAt = (slot: number): Point => [
  140 + (slot % HELD_SLOTS) * 9.7,
  slot % (2 * HELD_SLOTS) < HELD_SLOTS ? 43 : 54,
];

interface Dot {
  readonly circle: SVGCircleElement;
  at: Point;
  isHeld: boolean;
  isLeaving: boolean;
}

export interface Dots {
  show(event: RequestEvent): void;
  /** Takes away what waits at the resolver: nothing does any more, or nobody knows. */
  forgetHeld(): void;
  count(): number;
}

/**
 * Draws requests as dots: one that is held goes to the resolver and waits there, one that is answered goes to a pod, through
 * the resolver where it was held, and back. Where motion is unwelcome, only those held are drawn, in their place.
 */
export function createDots(layer: SVGGElement): Dots {
  const dots = new Map<number, Dot>();
  const isStill = window.matchMedia('(prefers-reduced-motion: reduce)');

  const remove = (id: number) => {
    dots.get(id)?.circle.remove();
    dots.delete(id);
  };

  const add = (id: number): Dot | undefined => {
    if (dots.size >= MAX_DOTS || document.hidden) return undefined;
    const circle = svg('circle', { r: 4, class: 'dot' });
    const dot: Dot = { circle, at: CLIENT, isHeld: false, isLeaving: false };
    circle.style.transform = move(CLIENT).transform;
    dots.set(id, dot);
    layer.append(circle);
    return dot;
  };

  const travel = (dot: Dot, id: number, points: readonly Point[]) => {
    const shift = ((id * 7) % 13) - 6;
    const steps = points.map(([x, y]): Point => [x, y + shift / 2]);
    return dot.circle.animate([move(dot.at), ...steps.map((point) => move(point))], {
      duration: STEP_MS * points.length,
      delay: delayOf(id),
      easing: 'ease-in-out',
      fill: 'forwards',
    });
  };

  const hold = (id: number) => {
    const dot = dots.get(id) ?? add(id);
    if (dot === undefined || dot.isHeld || dot.isLeaving) return;
    dot.isHeld = true;
    const slot = heldAt([...dots.values()].filter(({ isHeld }) => isHeld).length - 1);
    dot.circle.classList.add('held');
    if (!isStill.matches)
      dot.circle.animate([move(dot.at), move(slot)], {
        duration: STEP_MS,
        delay: delayOf(id),
        easing: 'ease-out',
        fill: 'backwards',
      });
    dot.circle.style.transform = move(slot).transform;
    dot.at = slot;
  };

  const leave = ({ id, state, via }: RequestEvent) => {
    const dot = dots.get(id) ?? (isStill.matches ? undefined : add(id));
    if (dot === undefined || dot.isLeaving) return;
    if (isStill.matches) return remove(id);
    dot.isLeaving = true;
    dot.circle.classList.remove('held');
    dot.circle.classList.add(state);
    const isThrough = dot.isHeld || via === 'resolver';
    const back = isThrough ? [HOUSE, RESOLVER, CLIENT] : [HOUSE, CLIENT];
    const there = isThrough && !dot.isHeld ? [RESOLVER] : [];
    travel(dot, id, state === 'lost' ? [RESOLVER] : [...there, ...back]).onfinish = () => remove(id);
  };

  return {
    show: (event) => {
      if (event.state === 'held') hold(event.id);
      if (event.state === 'answered' || event.state === 'lost') leave(event);
    },
    forgetHeld: () => {
      for (const [id, dot] of dots) if (dot.isHeld && !dot.isLeaving) remove(id);
    },
    count: () => dots.size,
  };
}
