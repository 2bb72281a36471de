import type { Parent } from '../api/hooks.ts';
import { byServiceClaim } from '../core/service-claim.ts';
import type { Logger } from '../effects/ports.ts';
import { KubeApiError } from '../errors.ts';

export interface CrdCacheDeps {
  /** Every ElastiService that we watch. Throws KubeApiError. */
  listElastiServices(): Promise<readonly Parent[]>;
  monotonicMs(): number;
  readonly log: Logger;
}

const FRESH_MS = 5_000;
const STALE_MS = 5 * 60_000;

/**
 * Makes a reader of the body of /crd-cache. It lists at most every 5 s and once at a time, whoever asks. While the API server
 * does not answer, the last body serves for 5 min; after that the reader throws KubeApiError.
 */
export function createCrdCache(deps: CrdCacheDeps): () => Promise<Buffer> {
  let last: { readonly body: Buffer; readonly listedAtMs: number } | undefined;
  let running: Promise<Buffer> | undefined;

  const list = async () => {
    const listedAtMs = deps.monotonicMs();
    const body = Buffer.from(JSON.stringify(makeCrdCache(await deps.listElastiServices())));
    last = { body, listedAtMs };
    return body;
  };
  const listOrServeStale = () =>
    list().catch((error: unknown) => {
      const isServable = last !== undefined && deps.monotonicMs() - last.listedAtMs < STALE_MS;
      if (!(error instanceof KubeApiError) || last === undefined || !isServable) throw error;
      deps.log.warn({ route: '/crd-cache', code: error.code, err: error }, 'serving the last list of ElastiServices');
      return last.body;
    });

  return () => {
    if (last !== undefined && deps.monotonicMs() - last.listedAtMs < FRESH_MS) return Promise.resolve(last.body);
    running ??= listOrServeStale().finally(() => {
      running = undefined;
    });
    return running;
  };
}

export interface CrdCache {
  readonly services: Readonly<
    Record<string, { readonly name: string; readonly spec: unknown; readonly status: unknown }>
  >;
}

/** What the resolver reads of a spec, and no more: a field that is not named here may be a secret one day. */
const PUBLIC_FIELDS = [
  'service',
  'scaleTargetRef',
  'minTargetReplicas',
  'cooldownPeriod',
  'autoscaler',
  'enabledPeriod',
  'probeResponse',
] as const;

/**
 * Makes the body: ElastiServices by `namespace/service`, sorted. Of several on one Service the one that has it is in it;
 * one without a Service is not. Of a trigger only the type is shown: headers, addresses and
 * queries may hold secrets.
 */
export function makeCrdCache(parents: readonly Parent[]): CrdCache {
  const byService = new Map<string, Parent>();
  for (const parent of [...parents].sort(byServiceClaim)) {
    const service = isObject(parent.spec) ? parent.spec.service : undefined;
    if (typeof service !== 'string') continue;
    const key = `${parent.metadata.namespace}/${service}`;
    if (!byService.has(key)) byService.set(key, parent);
  }
  const sorted = [...byService].sort(([a], [b]) => compare(a, b));
  const entries = sorted.map(([key, { metadata, spec, status }]) => [
    key,
    { name: metadata.name, spec: makePublicSpec(spec), status: status ?? {} },
  ]);
  return { services: Object.fromEntries(entries) };
}

function makePublicSpec(spec: unknown): object {
  if (!isObject(spec)) return {};
  const publicSpec: Record<string, unknown> = {};
  for (const field of PUBLIC_FIELDS) if (field in spec) publicSpec[field] = spec[field];
  const triggers = Array.isArray(spec.triggers) ? spec.triggers.filter(isObject) : [];
  publicSpec.triggers = triggers.map(({ type }) => ({ type, metadata: {} }));
  return publicSpec;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
