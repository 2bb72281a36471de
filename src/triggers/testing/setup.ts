import type { Trigger } from '../../api/elastiservice.ts';
import { createVirtualClock } from '../../effects/testing/virtual-clock.ts';
import type { QueryReport } from '../prometheus-client.ts';
import type { Send, SendRequest, SendResponse } from '../send.ts';
import type { TriggeredService } from '../trigger-type.ts';
import { createTriggers, type TriggerSettings } from '../triggers.ts';

/** What a server was asked, made plain. */
export interface Asked {
  readonly origin: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly atMs: number;
}

type Reply = SendResponse | Error | Promise<SendResponse>;

export const PROMETHEUS = 'http://prometheus.monitoring:9090';

export const vector = (...values: readonly unknown[]): SendResponse =>
  success({ resultType: 'vector', result: values.map((value, i) => ({ metric: { i: `${i}` }, value: [1, value] })) });
export const scalar = (value: unknown): SendResponse => success({ resultType: 'scalar', result: [1, value] });
export const success = (data: unknown, more: object = {}): SendResponse => ({
  status: 200,
  body: JSON.stringify({ status: 'success', data, ...more }),
});

/** A trigger on the default server that is idle below 5. */
export const trigger = (metadata: Partial<Trigger['metadata']> = {}): Trigger => ({
  type: 'prometheus',
  metadata: { query: 'requests', threshold: '5', ...metadata },
});

/** An ElastiService with these triggers. */
export const service = (triggers: readonly Trigger[], more: Partial<TriggeredService> = {}): TriggeredService => ({
  namespace: 'shop',
  triggers,
  ...more,
});

/** Triggers on a virtual clock against servers that answer what `reply` says. */
export function setup(
  overrides: {
    readonly reply?: (asked: Asked) => Reply;
    readonly secrets?: Readonly<Record<string, string | Error>>;
    readonly settings?: Partial<TriggerSettings>;
  } = {},
) {
  const clock = createVirtualClock();
  const asked: Asked[] = [];
  const signals: AbortSignal[] = [];
  const secretReads: string[] = [];
  const reports: QueryReport[] = [];
  const bugs: unknown[] = [];
  const world = { reply: overrides.reply ?? (() => vector('1')), secrets: { ...overrides.secrets } };

  const send: Send = async (request) => {
    const one = readRequest(request, clock.monotonicMs());
    asked.push(one);
    signals.push(request.signal);
    const reply = await world.reply(one);
    if (reply instanceof Error) throw reply;
    return reply;
  };

  const triggers = createTriggers({
    clock,
    send,
    readSecretKey: async ({ namespace, name, key }) => {
      const id = `${namespace}/${name}/${key}`;
      secretReads.push(id);
      const value = world.secrets[id];
      if (value instanceof Error) throw value;
      return value;
    },
    settings: {
      defaultServerAddress: PROMETHEUS,
      defaultAuthorization: undefined,
      allowedServers: ['*'],
      allowLoopback: false,
      pollSeconds: 30,
      ...overrides.settings,
    },
    onQuery: (report) => reports.push(report),
    onBug: (error) => bugs.push(error),
  });

  /** Reads with a budget that no answer of these tests exceeds. */
  const read = (of: TriggeredService, maxAgeSeconds = 0) =>
    clock.run(triggers.read(of, { maxAgeSeconds, budgetMs: 60_000 }));
  const prove = (of: TriggeredService, windowSeconds = 900) =>
    clock.run(triggers.prove(of, { windowSeconds, budgetMs: 60_000 }));
  /** State and reason of a first reading. */
  const verdict = async (metadata: Partial<Trigger['metadata']> = {}) => {
    const [reading] = await read(service([trigger(metadata)]));
    return `${reading?.state} ${reading?.reason}`;
  };
  return { clock, asked, signals, secretReads, reports, bugs, world, triggers, read, prove, verdict };
}

function readRequest({ url, headers }: SendRequest, atMs: number): Asked {
  const { origin, pathname, searchParams } = new URL(url);
  return { origin, path: pathname, query: searchParams.get('query') ?? '', headers, atMs };
}

/** An answer that comes when told to. */
export function held<T>() {
  return Promise.withResolvers<T>();
}
