import type { Totals } from '../api.ts';
import { part, setAttribute, setIcon, setText } from './dom.ts';
import { countWords } from './words.ts';

/** The figures at the head of the page. */
export function createTotals(root: ParentNode): (totals: Totals) => void {
  const figures = {
    sent: part(root, 'sent', HTMLElement),
    answered: part(root, 'answered', HTMLElement),
    held: part(root, 'held', HTMLElement),
    lost: part(root, 'lost', HTMLElement),
    podSecondsSaved: part(root, 'saved', HTMLElement),
  };
  const lostIcon = part(root, 'lost-icon', SVGUseElement);
  return (totals) => {
    for (const name of ['sent', 'answered', 'held', 'lost', 'podSecondsSaved'] as const)
      setText(figures[name], countWords(totals[name]));
    const isLost = totals.lost > 0;
    setIcon(lostIcon, isLost ? 'no' : 'yes');
    setAttribute(figures.lost, 'data-lost', String(isLost));
  };
}
