import { z } from 'zod';
import { type Action, SERVICE_ACTIONS, SYSTEM_ACTIONS } from '../api.ts';
import type { Cluster } from '../cluster.ts';
import { type DemoService, NAMESPACE, SERVICES } from '../settings.ts';

/** Thrown where an action cannot be carried out; the message is for whoever asked. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  readonly code = 'ACTION';
}

const ServiceBody = z.object({ service: z.enum(SERVICES.map(({ name }) => name)) });
const LoadBody = z.object({ isOn: z.boolean() });
const ScaleBody = z.object({ replicas: z.int().min(0).max(3) });

const HUNDRED = 100;
/** With this many requests under way no more are sent: each has some open files. */
const MAX_OPEN = 500;

/** Whether there is an action of that name. */
export const isAction = (name: string): name is Action =>
  [...SERVICE_ACTIONS, ...SYSTEM_ACTIONS].some((action) => action === name);

/** Carries out an action; throws ActionError. */
export function carryOut(cluster: Cluster, action: Action, body: unknown): void {
  actions[action](cluster, body);
}

const actions: Readonly<Record<Action, (cluster: Cluster, body: unknown) => void>> = {
  'send-one': (cluster, body) => send(cluster, parseService(body), 1),
  'send-hundred': (cluster, body) => send(cluster, parseService(body), HUNDRED),
  load: ({ load }, body) => load.set(parseService(body).name, parse(LoadBody, body).isOn),
  idle: (cluster, body) => makeIdle(cluster, parseService(body)),
  scale: (cluster, body) => scale(cluster, parseService(body), parse(ScaleBody, body).replicas),
  'kill-resolver': (cluster) => kill(cluster, 'resolvers'),
  'kill-hook': (cluster) => kill(cluster, 'hooks'),
  'break-prometheus': (cluster) => setPrometheus(cluster, false),
  'mend-prometheus': (cluster) => setPrometheus(cluster, true),
};

function setPrometheus({ prometheus, say }: Cluster, isUp: boolean): void {
  prometheus.setUp(isUp);
  say('prometheus', isUp ? 'answers again' : 'is broken: nobody knows what is idle, so nothing falls asleep');
}

function send(cluster: Cluster, service: DemoService, count: number): void {
  const { sent, answered, lost } = cluster.exchanges.totals();
  if (sent - answered - lost + count > MAX_OPEN) throw new ActionError('too many requests are under way already');
  for (let i = 0; i < count; i++) void cluster.send(service);
}

function makeIdle({ load, prometheus, say }: Cluster, { name }: DemoService): void {
  load.set(name, false);
  prometheus.forget(name);
  say(name, 'is idle from now on, and has been for long as far as Prometheus knows');
}

function scale({ store, say }: Cluster, { name }: DemoService, replicas: number): void {
  const deployment = store.get({ plural: 'deployments', namespace: NAMESPACE, name });
  if (deployment === undefined) throw new ActionError(`there is no Deployment ${name}`);
  say(name, `somebody scales it to ${replicas}`);
  store.put('deployments', { ...deployment, spec: { ...(deployment.spec as object), replicas } });
}

function kill(cluster: Cluster, what: 'resolvers' | 'hooks'): void {
  const name = cluster[what].killOne();
  if (name === undefined) throw new ActionError('only one is ready; wait until the other is back');
  cluster.say(name, 'is killed; another comes in a few seconds');
}

function parseService(body: unknown): DemoService {
  const { service } = parse(ServiceBody, body);
  return SERVICES.find(({ name }) => name === service) as DemoService;
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ActionError(`${issue?.path.join('.') || 'the body'}: ${issue?.message}`);
}
