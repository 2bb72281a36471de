import { urlOf } from '../cluster/kube-object.ts';
import { type Environment, SYSTEM_NAMESPACE, untilAvailable } from '../environment/environment.ts';
import { RESOLVERS } from './faults/system-pods.ts';

/** What may be planted to see that a campaign can fail. */
export const MISTAKES = {
  /** Whoever comes to a sleeping Service beside another is turned away. */
  resolverHoldsOne: { app: RESOLVERS, container: 'resolver', env: { RESOLVER_MAX_HELD_CONNECTIONS: '1' } },
} as const;
export type Mistake = keyof typeof MISTAKES;

/** Has a program of the system make it from now on. */
export async function plant({ api }: Environment, mistake: Mistake): Promise<void> {
  const { app, container, env } = MISTAKES[mistake];
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const containers = [{ name: container, env: variables }];
  const path = urlOf('apps/v1/deployments', SYSTEM_NAMESPACE, app);
  const type = 'application/strategic-merge-patch+json';
  await api.call('PATCH', path, { spec: { template: { spec: { containers } } } }, { type });
  await untilAvailable(api, app);
}
