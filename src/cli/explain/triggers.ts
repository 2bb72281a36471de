import type { Trigger } from '../../api/elastiservice.ts';
import type { ElastiService } from '../../core/types.ts';
import { REASONS } from '../../triggers/reasons.ts';
import { type Asked, askPrometheus } from '../kube/ask-prometheus.ts';
import type { Installation } from '../kube/installation.ts';
import type { Kube } from '../kube/kube.ts';

/** A trigger as it reads now, asked by us and not by the hook service. */
export interface TriggerNow {
  readonly query: string;
  readonly threshold: number;
  readonly state: 'active' | 'idle' | 'failed' | 'untold';
  readonly value: number | null;
  readonly reason: string;
}

const DEFAULT_SERVER = 'PROMETHEUS_TRIGGER_SERVER_ADDRESS';
const DEFAULT_AUTHORIZATION = 'PROMETHEUS_TRIGGER_AUTHORIZATION_HEADER';

/** The address that a trigger is asked at, and whether that takes credentials; undefined: none is known to us. */
export function serverOf({ metadata }: Trigger, { environment }: Pick<Installation, 'environment'>) {
  const own = metadata.serverAddress?.trim();
  const address = own || environment[DEFAULT_SERVER]?.trim();
  if (!address) return undefined;
  const headers = { ...metadata.headers, ...metadata.secretHeaders };
  const isDefault = URL.parse(address)?.origin === URL.parse(environment[DEFAULT_SERVER] ?? '')?.origin;
  const hasCredentials =
    Object.keys(headers).length > 0 || (isDefault && environment[DEFAULT_AUTHORIZATION] !== undefined);
  return { address, hasCredentials };
}

/** Every trigger of an ElastiService, asked through the API server as far as that is possible. */
export function readTriggers(kube: Pick<Kube, 'call'>, elastiService: ElastiService, installation: Installation) {
  return Promise.all(elastiService.spec.triggers.map((trigger) => readTrigger(kube, trigger, installation)));
}

async function readTrigger(
  kube: Pick<Kube, 'call'>,
  trigger: Trigger,
  installation: Installation,
): Promise<TriggerNow> {
  const { query } = trigger.metadata;
  const threshold = Number(trigger.metadata.threshold);
  const asked = await ask(kube, trigger, installation);
  if (asked.kind === 'untold') return { query, threshold, state: 'untold', value: null, reason: asked.why };
  if (asked.kind === 'unreached') {
    const reason = `the API server cannot reach its Prometheus (${asked.why}).`;
    return { query, threshold, state: 'failed', value: null, reason };
  }
  if (asked.kind === 'failed') return { query, threshold, state: 'failed', value: null, reason: REASONS[asked.reason] };
  const state = asked.value < threshold ? 'idle' : 'active';
  const reason = REASONS[state === 'idle' ? 'BelowThreshold' : 'AtOrAboveThreshold'];
  return { query, threshold, state, value: asked.value, reason };
}

async function ask(kube: Pick<Kube, 'call'>, trigger: Trigger, installation: Installation): Promise<Asked> {
  const server = serverOf(trigger, installation);
  if (server === undefined) return { kind: 'untold', why: 'the address of its Prometheus is not known here' };
  if (server.hasCredentials)
    return { kind: 'untold', why: 'its Prometheus wants credentials, which are not sent from here' };
  const clusterDomain = installation.environment.KUBERNETES_CLUSTER_DOMAIN ?? 'cluster.local';
  return askPrometheus(kube, { address: server.address, query: trigger.metadata.query, clusterDomain });
}
