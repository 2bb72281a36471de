import { join } from 'node:path';

export interface SampleApp {
  readonly name: string;
  readonly namespace?: string;
  readonly replicas?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly dualStack?: boolean;
  /** Of the Service. Default: 80, to the pods' HTTP. */
  readonly ports?: readonly { readonly name: string; readonly port: number; readonly targetPort: number | string }[];
}

const HTTP = { name: 'http', port: 80, targetPort: 'http' };

/** A Deployment of the sample app and its Service. */
export function makeSampleApp(app: SampleApp): object[] {
  const {
    name,
    namespace = 'default',
    replicas = 1,
    annotations = {},
    env = {},
    dualStack = false,
    ports = [HTTP],
  } = app;
  const labels = { app: name };
  const fields = { POD_IP: 'status.podIP', POD_IPS: 'status.podIPs' };
  const container = {
    name: 'app',
    image: 'sample-app',
    command: ['node', join(import.meta.dirname, 'sample-app.ts')],
    env: [
      ...Object.entries(fields).map(([variable, fieldPath]) => ({
        name: variable,
        valueFrom: { fieldRef: { fieldPath } },
      })),
      ...Object.entries({ PORT: '8080', ...env }).map(([variable, value]) => ({ name: variable, value })),
    ],
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
  };
  const template = {
    metadata: { labels, annotations: { 'e2e.elasti.dev/readiness-period-ms': '50', ...annotations } },
    spec: { containers: [container] },
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: { replicas, selector: { matchLabels: labels }, template },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: {
        selector: labels,
        ports,
        ...(dualStack ? { ipFamilyPolicy: 'RequireDualStack' } : {}),
      },
    },
  ];
}
