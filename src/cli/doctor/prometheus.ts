import type { ElastiService } from '../../core/types.ts';
import { uptimeQuery } from '../../triggers/prometheus-query.ts';
import { REASONS } from '../../triggers/reasons.ts';
import { serverOf } from '../explain/triggers.ts';
import { askPrometheus } from '../kube/ask-prometheus.ts';
import type { Installation } from '../kube/installation.ts';
import type { Kube } from '../kube/kube.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, unknown, problem } = findingsOf('prometheus');

interface Question {
  readonly address: string;
  readonly uptimeFilter: string | undefined;
  readonly hasCredentials: boolean;
  /** Who asks it, for the person who has to look. */
  readonly askedBy: string;
}

/** Whether the Prometheus of every trigger answers, and shows itself to have been up: without, nothing ever sleeps. */
export async function checkPrometheus(
  kube: Kube,
  installation: Installation,
  elastiServices: readonly ElastiService[],
): Promise<Finding[]> {
  const questions = new Map<string, Question>();
  const findings: Finding[] = [];
  for (const elastiService of elastiServices) {
    const askedBy = `ElastiService ${elastiService.namespace}/${elastiService.name}`;
    for (const trigger of elastiService.spec.triggers) {
      const server = serverOf(trigger, installation);
      if (server === undefined) {
        findings.push(withoutServer(askedBy, installation));
        continue;
      }
      const { uptimeFilter } = trigger.metadata;
      const key = JSON.stringify([server, uptimeFilter]);
      if (!questions.has(key)) questions.set(key, { ...server, uptimeFilter, askedBy });
    }
  }
  const clusterDomain = installation.environment.KUBERNETES_CLUSTER_DOMAIN ?? 'cluster.local';
  return [...findings, ...(await Promise.all([...questions.values()].map((one) => ask(kube, one, clusterDomain))))];
}

function withoutServer(object: string, { environment, secretNames, deployment }: Installation): Finding {
  const mayBeSecret = secretNames.length > 0 || typeof deployment === 'string';
  if (mayBeSecret && environment.PROMETHEUS_TRIGGER_SERVER_ADDRESS === undefined) {
    return unknown(object, 'a trigger names no serverAddress, and the default may be in a Secret, which is not read');
  }
  const todo = 'name a serverAddress, or set PROMETHEUS_TRIGGER_SERVER_ADDRESS of the hook service';
  return problem({
    object,
    what: 'a trigger names no serverAddress',
    why: 'there is no default, so it never sleeps',
    todo,
  });
}

async function ask(
  kube: Kube,
  { address, uptimeFilter, hasCredentials, askedBy }: Question,
  clusterDomain: string,
): Promise<Finding> {
  const object = `Prometheus ${address.replace(/\/\/.*@/, '//(hidden)@')}`;
  if (hasCredentials) return unknown(object, 'it wants credentials, which are not sent from here');
  const asked = await askPrometheus(kube, { address, query: uptimeQuery(uptimeFilter, 0), clusterDomain });
  if (asked.kind === 'untold')
    return unknown(object, `whether it can be reached cannot be told from here: ${asked.why}`);
  if (asked.kind === 'failed' || asked.kind === 'unreached') {
    const why = `what it decides about, such as ${askedBy}, neither sleeps nor wakes by it`;
    const todo = 'look at its pods and its Service, and at the serverAddress of the trigger';
    const what = asked.kind === 'failed' ? REASONS[asked.reason] : `the API server cannot reach it (${asked.why})`;
    return problem({ object, what, why, todo });
  }
  if (asked.value === 1) return ok(object, 'it answers, and shows itself to be up');
  const what = `it answers, but max(up{${uptimeFilter?.trim() || 'container="prometheus"'}}) is not 1`;
  const why = `nothing proves that it did not miss requests, so that ${askedBy} never sleeps`;
  return problem({ object, what, why, todo: 'set uptimeFilter of the trigger to the labels of its own up series' });
}
