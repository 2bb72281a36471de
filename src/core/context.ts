import type { Context } from './types.ts';

/** A context in which nothing has been read yet. */
export const emptyContext = (now: Date): Context => ({
  now,
  readings: [],
  proof: [],
  scale: { kind: 'unread' },
  status: { kind: 'unread' },
  autoscaler: { kind: 'unread' },
  sharers: { kind: 'unread' },
  liveResolvers: { kind: 'unread' },
  ownUnchanged: { kind: 'unread' },
  resolverPorts: { kind: 'unread' },
  listening: { kind: 'unread' },
  flows: { kind: 'unread' },
  probeRules: { kind: 'unread' },
});
