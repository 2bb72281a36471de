import type { RequestEvent, ServiceState } from '../api.ts';
import { createCardButtons } from './card-buttons.ts';
import { createChips, podChip } from './chips.ts';
import { copyTemplate, part, setAttribute, setIcon, setText } from './dom.ts';
import { createPicture } from './picture.ts';
import { createTimeline } from './timeline.ts';
import { commandFor, countWords, durationWords, plainTimes } from './words.ts';

export interface CardDeps {
  /** Tells the person at the page, once. */
  readonly tell: (news: string) => void;
  /** Shows a service in the code pane. */
  readonly look: (service: string) => void;
  /** The clock of the demo's cluster. */
  readonly now: () => Date;
}

export interface Card {
  readonly element: Element;
  update(service: ServiceState): void;
  show(event: RequestEvent): void;
  forgetHeld(): void;
}

/** All that the page shows of one service, and its buttons. */
export function createCard({ name }: ServiceState, deps: CardDeps): Card {
  const element = copyTemplate('card', HTMLElement);
  const find = (partName: string) => part(element, partName, Element);
  const heading = find('name');
  heading.id = `service-${name}`;
  setText(heading, name);
  element.setAttribute('aria-labelledby', heading.id);

  const picture = createPicture(element);
  const showPods = createChips(find('pods'));
  const showTimeline = createTimeline(element);
  const updateButtons = createCardButtons({ element, name, deps });

  return {
    element,
    update: (service) => {
      const now = deps.now();
      const { phase, phaseSince } = service;
      setAttribute(element, 'data-phase', phase ?? 'unseen');
      setIcon(find('phase-icon'), phase ?? 'unseen');
      setText(find('phase-word'), phase ?? 'Not seen yet');
      setText(find('since'), phaseSince === undefined ? '' : `for ${secondsSince(phaseSince, now)}`);
      setText(find('why'), plainTimes(service.why));
      setText(find('replicas'), String(service.replicas));
      setText(find('mode'), service.mode ?? '–');
      setText(find('sent'), countWords(service.sent));
      setText(find('held-count'), countWords(service.held));
      setText(find('lost'), countWords(service.lost));
      setAttribute(find('lost'), 'data-lost', String(service.lost > 0));
      setText(find('url'), service.url);
      setText(find('command'), commandFor(service.url));
      showPods(service.pods.map(podChip));
      picture.update(service);
      showTimeline(service.timeline, now);
      updateButtons(service);
    },
    show: picture.show,
    forgetHeld: picture.forgetHeld,
  };
}

const secondsSince = (since: string, now: Date) => durationWords((now.getTime() - Date.parse(since)) / 1000);
