import type { Parent } from '../../api/hooks.ts';
import { parseElastiService, targetOf } from '../../core/observe.ts';
import type { ElastiService } from '../../core/types.ts';
import { KubeApiError } from '../../errors.ts';
import { conditionOf, type Next, nextOf } from '../explain/next.ts';
import { listElastiServices } from '../kube/elastiservices.ts';
import { type Installation, readInstallation } from '../kube/installation.ts';
import type { Kube } from '../kube/kube.ts';
import { formatTable } from '../table.ts';
import { formatAge } from '../words.ts';
import { done, type Outcome } from './outcome.ts';

export interface StatusOptions {
  /** undefined: all. */
  readonly namespace: string | undefined;
  readonly elastiNamespace: string;
  readonly now: Date;
}

/** One line of the table; its fields are those of `--output json`. */
export interface StatusItem {
  readonly namespace: string;
  readonly name: string;
  readonly service: string | null;
  readonly target: string | null;
  readonly phase: string | null;
  readonly since: string | null;
  readonly mode: string | null;
  /** null: not read, since there are many, or not there. */
  readonly replicas: number | null;
  readonly reason: string | null;
  readonly next: { readonly what: string; readonly at: string | null };
}

/** Replicas cost a read for each: beyond this many they are left out. */
const MAX_REPLICA_READS = 50;

/** All ElastiServices of a namespace, or of all, and what each waits for. */
export async function status(kube: Kube, { namespace, elastiNamespace, now }: StatusOptions): Promise<Outcome> {
  const [parents, installation] = await Promise.all([
    listElastiServices(kube, namespace),
    readInstallation(kube, elastiNamespace),
  ]);
  const areReplicasRead = parents.length <= MAX_REPLICA_READS;
  const items = await Promise.all(
    parents.map(async (parent) => {
      const elastiService = parseElastiService(parent);
      if ('invalid' in elastiService) return invalidItem(parent, elastiService.invalid);
      const replicas = areReplicasRead ? await readReplicas(kube, elastiService) : null;
      return makeItem(elastiService, { replicas, installation, now });
    }),
  );
  return done(formatItems(items, { hasNamespace: namespace === undefined, now }), { items });
}

function makeItem(
  elastiService: ElastiService,
  more: { readonly replicas: number | null; readonly installation: Installation; readonly now: Date },
): StatusItem {
  const { namespace, name, spec, status: last } = elastiService;
  const { kind, name: targetName } = targetOf(elastiService);
  const next: Next = nextOf(elastiService, { settings: more.installation.settings, now: more.now });
  return {
    namespace,
    name,
    service: spec.service,
    target: `${kind}/${targetName}`,
    phase: last?.phase ?? null,
    since: last?.phaseSince ?? null,
    mode: last?.mode ?? null,
    replicas: more.replicas,
    reason: conditionOf(elastiService, 'Ready')?.reason ?? null,
    next: { what: next.what, at: next.at ?? null },
  };
}

function invalidItem({ metadata }: Parent, invalid: string): StatusItem {
  const { namespace, name } = metadata;
  const unknown = { service: null, target: null, phase: null, since: null, mode: null, replicas: null };
  return {
    namespace,
    name,
    ...unknown,
    reason: 'InvalidSpec',
    next: { what: `stays as it is until the spec is mended: ${invalid}`, at: null },
  };
}

/** null where it is not there or may not be read: the table is worth having without. */
export async function readReplicas({ cluster }: Pick<Kube, 'cluster'>, elastiService: ElastiService) {
  try {
    return (await cluster.readScale(targetOf(elastiService)))?.replicas ?? null;
  } catch (error) {
    if (error instanceof KubeApiError) return null;
    throw error;
  }
}

function formatItems(
  items: readonly StatusItem[],
  { hasNamespace, now }: { readonly hasNamespace: boolean; readonly now: Date },
): string {
  if (items.length === 0) return 'there are no ElastiServices';
  const head = ['NAME', 'SERVICE', 'PHASE', 'SINCE', 'REPLICAS', 'REASON', 'NEXT'];
  const rows = items.map((item) => [
    item.name,
    item.service ?? '-',
    item.phase ?? '-',
    formatAge(item.since ?? undefined, now),
    item.replicas === null ? '-' : String(item.replicas),
    item.reason ?? '-',
    formatNext(item.next, now),
  ]);
  if (!hasNamespace) return formatTable(head, rows);
  return formatTable(
    ['NAMESPACE', ...head],
    rows.map((row, i) => [items[i]?.namespace ?? '', ...row]),
  );
}

function formatNext({ what, at }: StatusItem['next'], now: Date): string {
  if (at === null) return what;
  const seconds = (Date.parse(at) - now.getTime()) / 1000;
  return seconds > 0 ? `${what} (in ${formatAge(now.toISOString(), new Date(at))})` : `${what} (due)`;
}
