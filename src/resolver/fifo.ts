/** What can stand in one list at a time. */
export interface Queued {
  list: Fifo<never> | undefined;
  previous: Queued | undefined;
  next: Queued | undefined;
}

/**
 * Entries in the order in which they came; any of them can leave at once, without a search. A class, because each resolver
 * port has several.
 */
export class Fifo<T extends Queued> {
  size = 0;
  first: T | undefined;
  private last: T | undefined;

  /** Adds an entry at the end; it leaves the list that it was in. */
  push(entry: T): void {
    this.take(entry);
    entry.previous = this.last;
    if (this.last) this.last.next = entry;
    else this.first = entry;
    this.last = entry;
  }

  /** Adds an entry before all others, such as one that has waited longer than they. */
  unshift(entry: T): void {
    this.take(entry);
    entry.next = this.first;
    if (this.first) this.first.previous = entry;
    else this.last = entry;
    this.first = entry;
  }

  remove(entry: T): void {
    if (entry.list !== (this as unknown)) return;
    if (entry.previous) entry.previous.next = entry.next;
    else this.first = entry.next as T | undefined;
    if (entry.next) entry.next.previous = entry.previous;
    else this.last = entry.previous as T | undefined;
    entry.list = undefined;
    entry.previous = undefined;
    entry.next = undefined;
    this.size--;
  }

  /** The entries of now: what comes or goes meanwhile changes nothing. */
  all(): T[] {
    const entries: T[] = [];
    for (let entry = this.first; entry; entry = entry.next as T | undefined) entries.push(entry);
    return entries;
  }

  private take(entry: T): void {
    (entry.list as Fifo<T> | undefined)?.remove(entry);
    entry.list = this as unknown as Fifo<never>;
    this.size++;
  }
}
