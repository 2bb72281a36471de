import type { Unsubscribe } from '../ports.ts';

export interface Broadcast {
  subscribe(topic: string, onChange: () => void): Unsubscribe;
  /** Tells the topic's subscribers soon, and once however often it is marked until then. */
  mark(topic: string): void;
}

/** Tells subscribers of changes, each topic apart, once for all changes of one piece of work. */
export function createBroadcast(onBug: (error: unknown) => void): Broadcast {
  const subscribers = new Map<string, Set<() => void>>();
  const marked = new Set<string>();

  const tell = () => {
    const topics = [...marked];
    marked.clear();
    for (const topic of topics) {
      for (const onChange of [...(subscribers.get(topic) ?? [])]) {
        try {
          onChange();
        } catch (error) {
          // The others are still told.
          onBug(error);
        }
      }
    }
  };

  return {
    subscribe: (topic, onChange) => {
      // Of its own, so that one function may subscribe twice.
      const subscriber = () => onChange();
      const all = subscribers.get(topic) ?? new Set();
      subscribers.set(topic, all.add(subscriber));
      return () => {
        all.delete(subscriber);
        if (all.size === 0 && subscribers.get(topic) === all) subscribers.delete(topic);
      };
    },
    mark: (topic) => {
      if (!subscribers.has(topic)) return;
      if (marked.size === 0) queueMicrotask(tell);
      marked.add(topic);
    },
  };
}
