/** What stands for one item on the page. */
export interface Row<T> {
  readonly element: Element;
  update(item: T): void;
}

/**
 * Shows items as children of an element, one row for each key. A row stays the same element for as long as its item is there,
 * so that focus, selections and scroll positions in it survive, and is gone with it.
 */
export function createList<T>({
  parent,
  keyOf,
  createRow,
}: {
  readonly parent: Element;
  readonly keyOf: (item: T) => string;
  readonly createRow: (item: T) => Row<T>;
}): (items: readonly T[]) => void {
  const rows = new Map<string, Row<T>>();
  return (items) => {
    const keys = new Set(items.map(keyOf));
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      row.element.remove();
      rows.delete(key);
    }
    let place = parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      const row = rows.get(key) ?? createRow(item);
      rows.set(key, row);
      if (row.element === place) place = place.nextElementSibling;
      else parent.insertBefore(row.element, place);
      row.update(item);
    }
  };
}
