import type { KubeApi } from '../api.ts';
import { urlOf } from '../kube-object.ts';
import { NODE_IPV4, NODE_NAME } from '../layout.ts';
import { ignoring } from '../transport.ts';
import { addressesOf, type Pod, type PodAddress } from './pod.ts';

export type Data = Readonly<Record<string, Buffer>>;

interface Reference {
  readonly kind: 'secrets' | 'configmaps';
  readonly namespace: string;
  readonly name: string;
  readonly optional?: boolean | undefined;
}

interface DataObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** Content of a Secret or ConfigMap. */
export async function readData(api: KubeApi, { kind, namespace, name, optional }: Reference): Promise<Data> {
  const url = urlOf(`v1/${kind}`, namespace, name);
  const found = await api.call<DataObject>('GET', url).catch(optional ? ignoring(404) : rethrow);
  const decode = (encoding: BufferEncoding, data: DataObject['data'] = {}) =>
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, encoding)] as const);
  const text = decode(kind === 'secrets' ? 'base64' : 'utf8', found?.data);
  return Object.fromEntries([...text, ...decode('base64', found?.binaryData)]);
}

function rethrow(error: unknown): never {
  throw error;
}

/** The value behind a downward API path. */
export function readField(path: string, pod: Pod, address: PodAddress): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  const value = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': NODE_NAME,
    'spec.serviceAccountName': pod.spec.serviceAccountName ?? 'default',
    'status.hostIP': NODE_IPV4,
    'status.podIP': address.ipv4,
    'status.podIPs': addressesOf(address).join(','),
  }[path];
  if (value === undefined) throw new Error(`fieldRef ${path} is not supported`);
  return value;
}
