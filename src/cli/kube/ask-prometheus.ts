import { z } from 'zod';
import { KubeApiError } from '../../errors.ts';
import { type PrometheusAnswer, parsePrometheusAnswer } from '../../triggers/prometheus-answer.ts';
import { saidBy } from '../cli-error.ts';
import type { Kube } from './kube.ts';

/** An answer; or that the API server got none; or why none can be had from where we stand. */
export type Asked =
  | PrometheusAnswer
  | { readonly kind: 'unreached'; readonly why: string }
  | { readonly kind: 'untold'; readonly why: string };

const untold = (why: string): Asked => ({ kind: 'untold', why });

/**
 * Asks a Prometheus that has a Service in the cluster, through the API server's proxy: its address leads nowhere from a
 * person's machine. No header goes along, so that no credential leaves the place where it belongs.
 */
export async function askPrometheus(
  { call }: Pick<Kube, 'call'>,
  {
    address,
    query,
    clusterDomain,
  }: { readonly address: string; readonly query: string; readonly clusterDomain: string },
): Promise<Asked> {
  const path = proxyPath(address, clusterDomain);
  if (path === undefined) return untold(`${withoutCredentials(address)} is no Service of this cluster`);
  const what = `answer of ${address}, through the API server`;
  try {
    const request = { verb: 'get', resource: 'services/proxy', what, path, query: { query } } as const;
    const body = await call(request, z.unknown());
    return parsePrometheusAnswer({ status: 200, body: JSON.stringify(body) });
  } catch (error) {
    if (!(error instanceof KubeApiError)) throw error;
    if (error.code === 'FORBIDDEN') return untold('you may not use services/proxy there');
    if (error.code === 'INVALID') return { kind: 'failed', reason: 'QueryRejected' };
    if (error.code === 'NOT_FOUND') return untold(`the API server finds no ${address} (${saidBy(error)})`);
    return { kind: 'unreached', why: error.code === 'TIMEOUT' ? 'no answer in time' : saidBy(error) };
  }
}

/** The API server's path to an address such as http://prometheus.monitoring.svc:9090; undefined where it has none. */
export function proxyPath(address: string, clusterDomain: string): string | undefined {
  const url = URL.parse(address);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  const host = url.hostname.replace(/\.$/, '').replace(new RegExp(`\\.svc(\\.${RegExp.escape(clusterDomain)})?$`), '');
  const [service, namespace, ...more] = host.split('.');
  if (!service || !namespace || more.length > 0 || /^\d+$/.test(service)) return undefined;
  const scheme = url.protocol.replace(':', '');
  const port = url.port || (scheme === 'https' ? '443' : '80');
  const base = url.pathname.replace(/\/+$/, '');
  return `/api/v1/namespaces/${namespace}/services/${scheme}:${service}:${port}/proxy${base}/api/v1/query`;
}

const withoutCredentials = (address: string): string => address.replace(/\/\/.*@/, '//(hidden)@');
