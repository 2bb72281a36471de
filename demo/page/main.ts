import type { DemoState, ServiceState } from '../api.ts';
import { type Card, createCard } from './card.ts';
import { createCodePane } from './code-pane.ts';
import { part, setAttribute, setText } from './dom.ts';
import { createList } from './list.ts';
import { type Link, listen } from './stream.ts';
import { createSystem } from './system.ts';
import { createTotals } from './totals.ts';
import { phaseNews } from './words.ts';

const LINK_WORDS = {
  connecting: 'Connecting to the demo’s server.',
  open: '',
  lost: 'The demo’s server does not answer. What you see is how it was; this page tries again every second.',
} as const satisfies Record<Link, string>;

const TICK_MS = 1_000;

/** Builds the page and keeps it up to date for as long as it is open. */
function start(): void {
  const link = part(document, 'link', HTMLOutputElement);
  const news = part(document, 'news', HTMLOutputElement);
  const tell = (text: string) => setText(news, text);
  const code = createCodePane(part(document, 'code', HTMLElement));
  const showTotals = createTotals(document);
  const showSystem = createSystem(document, tell);
  const cards = new Map<string, Card>();

  // The latest state is all that is kept; it is drawn when the browser next draws, so a hidden page gathers nothing.
  let latest: DemoState | undefined;
  let drawn: readonly ServiceState[] = [];
  let aheadMs = 0;
  let isDrawing = false;
  const now = () => new Date(Date.now() + aheadMs);

  const showCards = createList({
    parent: part(document, 'services', HTMLDivElement),
    keyOf: ({ name }: ServiceState) => name,
    createRow: (service) => {
      const card = createCard(service, { tell, look: code.look, now });
      cards.set(service.name, card);
      return card;
    },
  });

  const draw = () => {
    isDrawing = false;
    if (latest === undefined) return;
    const { services, totals } = latest;
    showTotals(totals);
    showSystem(latest);
    showCards(services);
    for (const name of cards.keys()) if (!services.some((service) => service.name === name)) cards.delete(name);
    const changed = phaseNews(drawn, services);
    if (changed !== '') tell(changed);
    drawn = services;
    code.update(services);
  };
  const drawSoon = () => {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(draw);
  };

  listen({
    onState: (state) => {
      latest = state;
      aheadMs = Date.parse(state.now) - Date.now();
      drawSoon();
    },
    onRequest: (event) => {
      if (event.state === 'lost') tell(`${event.service} lost a request: ${event.error ?? 'nobody says why'}.`);
      cards.get(event.service)?.show(event);
    },
    onLink: (state) => {
      setAttribute(link, 'data-link', state);
      setText(link, LINK_WORDS[state]);
      if (state === 'lost') for (const card of cards.values()) card.forgetHeld();
    },
  });
  // Durations go on between two states; without a server they stand still, for nobody knows then.
  setInterval(() => {
    if (link.dataset.link === 'open') drawSoon();
  }, TICK_MS);
}

start();
