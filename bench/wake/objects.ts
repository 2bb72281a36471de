import { readFileSync } from 'node:fs';
import { API_VERSION } from '../../src/api/elastiservice.ts';

export const NAMESPACE = 'bench-wake';

/** The definition of ElastiService as it is deployed. */
export const readCrd = (): string => readFileSync(new URL('../../manifests/base/crd.yaml', import.meta.url), 'utf8');

export const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };

/** An ElastiService and its target at 0 replicas. */
export function makeSleeper(name: string): readonly object[] {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'none' }] } };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: NAMESPACE },
      // Paused: no pod starts, whatever the replicas, so that nothing runs beside the measurement.
      spec: { replicas: 0, paused: true, selector: { matchLabels: labels }, template },
    },
    {
      apiVersion: API_VERSION,
      kind: 'ElastiService',
      metadata: { name, namespace: NAMESPACE },
      spec: {
        service: name,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        triggers: [
          {
            type: 'prometheus',
            metadata: { query: 'vector(0)', serverAddress: 'http://127.0.0.1:9090', threshold: 1 },
          },
        ],
      },
    },
  ];
}
