import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi } from '../api.ts';
import { urlOf } from '../kube-object.ts';
import type { KeyToPath, Pod, PodAddress, ProjectedSource, Volume } from './pod.ts';
import { type Data, readData, readField } from './references.ts';

interface VolumesOf {
  readonly api: KubeApi;
  readonly pod: Pod;
  readonly address: PodAddress;
  readonly directory: string;
}

/** Longer than any test: tokens are written once. */
const TOKEN_SECONDS = 86_400;

/** Writes each volume of the pod to a directory of its own, `<directory>/<volume name>`. */
export async function writeVolumes({ api, pod, address, directory }: VolumesOf): Promise<void> {
  const write = async (volume: Volume) => {
    const files = await readVolume(api, pod, address, volume);
    const target = join(directory, volume.name);
    // What an emptyDir holds survives the restart of a container.
    if (!volume.emptyDir) await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(target, path)), { recursive: true });
      await writeFile(join(target, path), content);
    }
  };
  await Promise.all((pod.spec.volumes ?? []).map(write));
}

/** How often a Secret is looked at that is mounted as a volume. A real kubelet takes a minute or two. */
const FOLLOW_MS = 2_000;

/** Brings the files of Secrets up to date until aborted; each file is replaced at once. */
export async function followSecrets({
  api,
  pod,
  address,
  directory,
  signal,
}: VolumesOf & { readonly signal: AbortSignal }): Promise<void> {
  const volumes = (pod.spec.volumes ?? []).filter(({ secret }) => secret);
  const written = new Map<string, Buffer>();
  const update = async (volume: Volume) => {
    const files = await readVolume(api, pod, address, volume);
    for (const [path, content] of Object.entries(files)) {
      const file = join(directory, volume.name, path);
      if (written.get(file)?.equals(content)) continue;
      await writeFile(`${file}.next`, content);
      await rename(`${file}.next`, file);
      written.set(file, content);
    }
  };
  while (volumes.length > 0 && !signal.aborted) {
    await sleep(FOLLOW_MS, undefined, { signal }).catch(() => {});
    // One that is gone leaves its last files.
    if (!signal.aborted) await Promise.all(volumes.map(update)).catch(() => {});
  }
}

async function readVolume(api: KubeApi, pod: Pod, address: PodAddress, volume: Volume): Promise<Data> {
  const { namespace } = pod.metadata;
  const { emptyDir, secret, configMap, projected } = volume;
  if (emptyDir) return {};
  if (secret) {
    const { secretName: name, optional, items } = secret;
    return pick(await readData(api, { kind: 'secrets', namespace, name, optional }), items);
  }
  if (configMap) {
    const { name, optional, items } = configMap;
    return pick(await readData(api, { kind: 'configmaps', namespace, name, optional }), items);
  }
  if (!projected)
    throw new Error(`volume ${volume.name}: only emptyDir, secret, configMap and projected are supported`);
  const parts = (projected.sources ?? []).map((source) => readSource(api, pod, address, source));
  return Object.assign({}, ...(await Promise.all(parts)));
}

async function readSource(api: KubeApi, pod: Pod, address: PodAddress, source: ProjectedSource): Promise<Data> {
  const { namespace } = pod.metadata;
  const { serviceAccountToken, configMap, secret, downwardAPI } = source;
  if (serviceAccountToken) {
    return { [serviceAccountToken.path]: Buffer.from(await requestToken(api, pod, serviceAccountToken.audience)) };
  }
  if (configMap) return pick(await readData(api, { kind: 'configmaps', namespace, ...configMap }), configMap.items);
  if (secret) return pick(await readData(api, { kind: 'secrets', namespace, ...secret }), secret.items);
  const fields = downwardAPI?.items ?? [];
  return Object.fromEntries(
    fields.map(({ path, fieldRef }) => [path, Buffer.from(readField(fieldRef?.fieldPath ?? '', pod, address))]),
  );
}

/** A token bound to the pod, as a kubelet asks for it: it dies with the pod. */
async function requestToken(api: KubeApi, pod: Pod, audience: string | undefined): Promise<string> {
  const { namespace, name, uid } = pod.metadata;
  const url = urlOf('v1/serviceaccounts', namespace, pod.spec.serviceAccountName ?? 'default', 'token');
  const { status } = await api.call<{ status: { token: string } }>('POST', url, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      expirationSeconds: TOKEN_SECONDS,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      ...(audience ? { audiences: [audience] } : {}),
    },
  });
  return status.token;
}

function pick(data: Data, items: readonly KeyToPath[] | undefined): Data {
  if (!items) return data;
  return Object.fromEntries(
    items.map(({ key, path }) => {
      const value = data[key];
      if (value === undefined) throw new Error(`a volume asks for key ${key}, which is not there`);
      return [path, value];
    }),
  );
}
