import { setText } from './dom.ts';
import { createList, type Row } from './list.ts';

const MAX_ENTRIES = 200;
/** Entries that a small object may have to be shown open at first. */
const FEW = 16;

interface Entry {
  readonly name: string;
  readonly value: unknown;
  readonly depth: number;
}

/**
 * Shows a JSON value as a tree to open and close. What is closed is not drawn, and a new value is written into the old tree,
 * so that what somebody opened stays open and what changed can be seen to.
 */
export function createTree(parent: Element): (value: unknown) => void {
  const show = createEntries(parent);
  return (value) => show(value === undefined ? [] : [{ name: '', value, depth: 0 }]);
}

const isBranch = (value: unknown): value is object => typeof value === 'object' && value !== null;

const createEntries = (parent: Element) =>
  createList<Entry>({
    parent,
    keyOf: ({ name, value }) => `${isBranch(value)} ${name}`,
    createRow: (entry) => (isBranch(entry.value) ? createBranch(entry) : createLeaf(entry)),
  });

function entriesOf(value: object, depth: number): readonly Entry[] {
  const all = Object.entries(value);
  const entries = all.slice(0, MAX_ENTRIES).map(([name, inner]): Entry => ({ name, value: inner, depth }));
  return all.length <= MAX_ENTRIES
    ? entries
    : [...entries, { name: '…', value: `${all.length - MAX_ENTRIES} more`, depth }];
}

function createBranch({ name, value: first, depth }: Entry): Row<Entry> {
  const element = document.createElement('details');
  const summary = document.createElement('summary');
  const brief = span('brief');
  const children = document.createElement('div');
  children.className = 'entries';
  summary.append(...nameOf(name), brief);
  element.append(summary, children);
  const show = createEntries(children);
  let latest: unknown = first;
  const draw = () => show(element.open && isBranch(latest) ? entriesOf(latest, depth + 1) : []);
  element.open = depth === 0 || (depth === 1 && isBranch(first) && Object.keys(first).length <= FEW);
  element.addEventListener('toggle', draw);
  return {
    element,
    update: ({ value }) => {
      latest = value;
      setText(brief, isBranch(value) ? briefOf(value) : '');
      draw();
    },
  };
}

function createLeaf({ name }: Entry): Row<Entry> {
  const element = document.createElement('div');
  element.className = 'leaf';
  const text = span('value');
  element.append(...nameOf(name), text);
  return {
    element,
    update: ({ value }) => {
      const json = JSON.stringify(value);
      const isChange = text.textContent !== '' && text.textContent !== json;
      setText(text, json);
      text.dataset.type = value === null ? 'null' : typeof value;
      if (isChange) text.animate([{ backgroundColor: 'var(--flash)' }, { backgroundColor: 'transparent' }], 1600);
    },
  };
}

function briefOf(value: object): string {
  const count = Object.keys(value).length;
  if (Array.isArray(value)) return count === 0 ? '[]' : `[ ${count} ]`;
  return count === 0 ? '{}' : `{ ${count} }`;
}

function nameOf(name: string): readonly Element[] {
  if (name === '') return [];
  const element = span('key');
  setText(element, `${name}: `);
  return [element];
}

function span(className: string): HTMLSpanElement {
  const element = document.createElement('span');
  element.className = className;
  return element;
}
