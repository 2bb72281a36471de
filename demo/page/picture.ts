import type { PodState, RequestEvent, ServiceState } from '../api.ts';
import { part, setAttribute, setText, svg } from './dom.ts';
import { createDots } from './dots.ts';
import { createList } from './list.ts';
import { countWords, podWords, routeWords } from './words.ts';

const MAX_WINDOWS = 4;

export interface Picture {
  update(service: ServiceState): void;
  show(event: RequestEvent): void;
  forgetHeld(): void;
}

/** The small picture of one service: clients, resolver, a house with a window for each pod, and the ways between them. */
export function createPicture(root: Element): Picture {
  const title = part(root, 'picture-title', SVGTitleElement);
  const ways = {
    pod: part(root, 'way-pod', SVGPathElement),
    resolver: part(root, 'way-resolver', SVGPathElement),
    through: part(root, 'way-through', SVGPathElement),
  };
  const held = part(root, 'held', SVGTextElement);
  const moon = part(root, 'moon', SVGGElement);
  const podsLabel = part(root, 'pods-label', SVGTextElement);
  const route = part(root, 'route', HTMLElement);
  const dots = createDots(part(root, 'dots', SVGGElement));
  const showWindows = createList({
    parent: part(root, 'windows', SVGGElement),
    keyOf: (pane: Pane) => String(pane.place),
    createRow: createWindow,
  });

  return {
    update: (service) => {
      const { routesTo, pods } = service;
      const isReady = pods.some(({ state }) => state === 'ready');
      const mark = (way: Element, isOpen: boolean) => setAttribute(way, 'data-open', String(isOpen));
      mark(ways.pod, routesTo.includes('pod'));
      mark(ways.resolver, routesTo.includes('resolver'));
      mark(ways.through, routesTo.includes('resolver') && isReady);
      setAttribute(moon, 'data-shown', String(service.phase === 'Asleep'));
      setText(held, service.held === 0 ? '' : `${countWords(service.held)} held`);
      setText(podsLabel, podWords(pods));
      setText(route, routeWords(service));
      setText(title, `${routeWords(service)} Behind it: ${podWords(pods)}.`);
      showWindows(panes(pods));
      if (service.held === 0) dots.forgetHeld();
    },
    show: dots.show,
    forgetHeld: dots.forgetHeld,
  };
}

interface Pane {
  readonly place: number;
  readonly state: PodState['state'] | 'dark';
}

/** At least three windows, lit or not: a service asleep is a dark house. */
function panes(pods: readonly PodState[]): readonly Pane[] {
  const count = Math.min(Math.max(3, pods.length), MAX_WINDOWS);
  return Array.from({ length: count }, (_, place) => ({ place, state: pods[place]?.state ?? 'dark' }));
}

/** A window: lit with a check when its pod is ready, dots while it starts, a cross while it ends, empty without one. */
function createWindow({ place }: Pane) {
  const element = svg('g', { class: 'window', transform: `translate(${271 + place * 18.5} 86)` });
  const sign = svg('use', { x: 1.5, y: 5, width: 12, height: 12 });
  element.append(svg('rect', { width: 15, height: 22, rx: 2 }), sign);
  const icons = { ready: 'yes', starting: 'wait', terminating: 'no', dark: 'none' } as const;
  return {
    element,
    update: ({ state }: Pane) => {
      setAttribute(element, 'data-state', state);
      setAttribute(sign, 'href', `#icon-${icons[state]}`);
    },
  };
}
