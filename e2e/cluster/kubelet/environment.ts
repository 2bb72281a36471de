import type { KubeApi } from '../api.ts';
import { API_SERVICE_IPV4 } from '../layout.ts';
import type { Container, EnvFrom, EnvVar, Pod, PodAddress } from './pod.ts';
import { readData, readField } from './references.ts';

type Environment = Record<string, string>;

interface EnvironmentOf {
  readonly api: KubeApi;
  readonly pod: Pod;
  readonly container: Container;
  readonly address: PodAddress;
}

/** Nothing but what Kubernetes sets too, so that a manifest cannot work here by luck. */
export async function readEnvironment({ api, pod, container, address }: EnvironmentOf): Promise<Environment> {
  const { namespace } = pod.metadata;
  const environment: Environment = {
    PATH: process.env.PATH ?? '',
    HOME: '/root',
    HOSTNAME: pod.metadata.name,
    KUBERNETES_SERVICE_HOST: API_SERVICE_IPV4,
    KUBERNETES_SERVICE_PORT: '443',
  };
  for (const source of container.envFrom ?? []) Object.assign(environment, await readSource(api, namespace, source));
  for (const variable of container.env ?? []) {
    const value = await readVariable(api, variable, pod, address);
    if (value !== undefined) environment[variable.name] = expand(value, environment);
  }
  return environment;
}

/** Replaces $(NAME) of known variables; $$(NAME) stays, with one dollar less. */
export function expand(text: string, environment: Readonly<Environment>): string {
  return text.replace(/\$(\$|\(([^()]*)\))/g, (whole, dollar: string, name: string) =>
    dollar === '$' ? '$' : (environment[name] ?? whole),
  );
}

async function readVariable(
  api: KubeApi,
  { value = '', valueFrom }: EnvVar,
  pod: Pod,
  address: PodAddress,
): Promise<string | undefined> {
  if (!valueFrom) return value;
  if (valueFrom.fieldRef) return readField(valueFrom.fieldRef.fieldPath, pod, address);
  const { secretKeyRef, configMapKeyRef } = valueFrom;
  const reference = secretKeyRef ?? configMapKeyRef;
  if (!reference) throw new Error('valueFrom without fieldRef, secretKeyRef or configMapKeyRef is not supported');
  const { name, key, optional } = reference;
  const kind = secretKeyRef ? 'secrets' : 'configmaps';
  const data = await readData(api, { kind, namespace: pod.metadata.namespace, name, optional });
  if (data[key] === undefined && !optional) throw new Error(`${kind} ${name} has no key ${key}`);
  return data[key]?.toString();
}

async function readSource(api: KubeApi, namespace: string, source: EnvFrom): Promise<Environment> {
  const { secretRef, configMapRef, prefix = '' } = source;
  const reference = secretRef ?? configMapRef;
  if (!reference) return {};
  const data = await readData(api, { kind: secretRef ? 'secrets' : 'configmaps', namespace, ...reference });
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [`${prefix}${key}`, value.toString()]));
}
