import type { PodState, ProcessState } from '../api.ts';
import { copyTemplate, part, setAttribute, setIcon, setText } from './dom.ts';
import { createList } from './list.ts';

/** A name with its state, as an icon and a word. */
export interface Chip {
  readonly name: string;
  readonly state: string;
  readonly icon: 'yes' | 'no' | 'wait';
}

/** Shows chips in a list. */
export function createChips(parent: Element): (chips: readonly Chip[]) => void {
  return createList({
    parent,
    keyOf: ({ name }) => name,
    createRow: () => {
      const element = copyTemplate('chip', HTMLLIElement);
      const icon = part(element, 'icon', SVGUseElement);
      const text = part(element, 'text', HTMLSpanElement);
      return {
        element,
        update: (chip) => {
          setIcon(icon, chip.icon);
          setAttribute(element, 'data-icon', chip.icon);
          setText(text, `${chip.name} ${chip.state}`);
        },
      };
    },
  });
}

const POD_ICONS = { ready: 'yes', starting: 'wait', terminating: 'no' } as const satisfies Record<
  PodState['state'],
  Chip['icon']
>;

export function podChip({ name, state }: PodState): Chip {
  return { name, state, icon: POD_ICONS[state] };
}

export function processChip({ name, isReady }: ProcessState): Chip {
  return { name, state: isReady ? 'ready' : 'not ready', icon: isReady ? 'yes' : 'no' };
}
