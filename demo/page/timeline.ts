import type { TimelineEntry } from '../api.ts';
import { copyTemplate, part, setAttribute, setIcon, setText } from './dom.ts';
import { createList } from './list.ts';
import { clockWords, coldStartParts, durationWords, millisecondWords, plainTimes } from './words.ts';

/** What a card shows of the past; the server sends a few dozen, this is the bound should it send more. */
const MAX_ENTRIES = 48;
const STRIP_SECONDS = 180;
/** Those shown before somebody asks for the earlier ones. */
const FEW_ENTRIES = 4;

export type Timeline = (entries: readonly TimelineEntry[], now: Date) => void;

/** The phases of the last minutes to scale in a strip, and all of them in words below, the latest first. */
export function createTimeline(root: Element): Timeline {
  const showStrip = createStrip(part(root, 'strip', HTMLDivElement));
  const earlier = part(root, 'earlier', HTMLButtonElement);
  const isOpen = () => earlier.getAttribute('aria-expanded') === 'true';
  let all: readonly TimelineEntry[] = [];
  const list = createList({
    parent: part(root, 'timeline', HTMLOListElement),
    keyOf: ({ at, phase, what }: TimelineEntry) => `${at} ${phase} ${what}`,
    createRow: createEntry,
  });
  const showEntries = () => list(isOpen() ? all : all.slice(0, FEW_ENTRIES));
  earlier.addEventListener('click', () => {
    setAttribute(earlier, 'aria-expanded', String(!isOpen()));
    showEntries();
  });
  return (entries, now) => {
    const latest = entries.slice(-MAX_ENTRIES);
    all = latest.toReversed();
    earlier.hidden = all.length <= FEW_ENTRIES;
    showStrip(spans(latest, now));
    showEntries();
  };
}

interface Span {
  readonly key: string;
  readonly phase: TimelineEntry['phase'];
  readonly seconds: number;
}

/** Each phase with its length inside the strip's window; neighbours of one phase are one. */
function spans(entries: readonly TimelineEntry[], now: Date): readonly Span[] {
  const first = Math.max(Date.parse(entries[0]?.at ?? ''), now.getTime() - STRIP_SECONDS * 1000);
  const found: Span[] = [];
  for (const [index, { at, phase }] of entries.entries()) {
    const end = Date.parse(entries[index + 1]?.at ?? now.toISOString());
    const seconds = (end - Math.max(Date.parse(at), first)) / 1000;
    const last = found.at(-1);
    if (last?.phase === phase) found[found.length - 1] = { ...last, seconds: last.seconds + seconds };
    else if (seconds > 0) found.push({ key: at, phase, seconds });
  }
  return found;
}

function createStrip(parent: Element): (spans: readonly Span[]) => void {
  return createList({
    parent,
    keyOf: ({ key }) => key,
    createRow: ({ phase }) => {
      const element = document.createElement('span');
      element.dataset.phase = phase;
      return {
        element,
        update: ({ seconds }) => {
          element.style.flexGrow = seconds.toFixed(1);
          setAttribute(element, 'title', `${phase}, ${durationWords(seconds)}`);
        },
      };
    },
  });
}

function createEntry({ at, phase, what }: TimelineEntry) {
  const element = copyTemplate('entry', HTMLLIElement);
  const time = part(element, 'at', HTMLTimeElement);
  time.dateTime = at;
  setText(time, clockWords(at));
  setText(part(element, 'phase', HTMLElement), phase);
  setText(part(element, 'what', HTMLSpanElement), plainTimes(what));
  setIcon(part(element, 'icon', SVGUseElement), phase);
  element.dataset.phase = phase;
  const cold = part(element, 'cold', HTMLDivElement);
  return {
    element,
    // An entry learns its cold start only when the answer is there.
    update: ({ coldStart }: TimelineEntry) => {
      if (coldStart === undefined || !cold.hidden) return;
      const parts = coldStartParts(coldStart);
      for (const name of ['scale', 'ready', 'answer'] as const)
        part(cold, name, HTMLElement).style.flexGrow = String(parts[name]);
      setText(
        part(cold, 'split', HTMLParagraphElement),
        `answered after ${millisecondWords(coldStart.answerMs)}: scale call ${millisecondWords(parts.scale)}, ` +
          `pod ready ${millisecondWords(parts.ready)}, answer ${millisecondWords(parts.answer)}`,
      );
      cold.hidden = false;
    },
  };
}
