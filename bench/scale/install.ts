import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { KubeApi } from '../../e2e/cluster/api.ts';
import type { KubeObject } from '../../e2e/cluster/kube-object.ts';
import type { ClusterLayout } from '../../e2e/cluster/layout.ts';
import { run } from '../../e2e/cluster/shell.ts';

export const HOOK_ADDRESS = '127.0.0.1:8080';
export const SYSTEM_NAMESPACE = 'elasti';
/** Its Deployment. */
export const HOOK_SERVICE = 'elasti-operator-controller';
const HOOKS_IN_THE_CLUSTER = 'elasti-hooks.elasti.svc:8080';
/** Programs run beside the cluster here, and the resolver's slices are written by hand. */
const LEFT_OUT = ['Deployment', 'Service', 'NetworkPolicy', 'PodDisruptionBudget'];

interface Container {
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly limits: { readonly memory: string } };
}

type Manifest = KubeObject & { readonly spec?: { readonly template?: { readonly spec: { containers: Container[] } } } };

/** How a Deployment of ours runs its program. */
export interface Deployed {
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryLimitMiB: number;
}

export interface Installed {
  readonly hookService: Deployed;
  readonly resolver: Deployed;
  /** Applied apart, when the hooks are there to be called. */
  readonly compositeController: object;
}

export interface InstallOptions {
  readonly hookToken: string;
  /** Folders of `manifests/`, as a user adds them. */
  readonly components: readonly string[];
}

/** Applies what users install, but for what runs and what only pods need. */
export async function install(
  api: KubeApi,
  layout: ClusterLayout,
  { hookToken, components }: InstallOptions,
): Promise<Installed> {
  const manifests = await renderManifests(join(layout.directory, 'installed'), components);
  const isController = ({ kind }: Manifest) => kind === 'CompositeController';
  await api.apply(manifests.filter((manifest) => !LEFT_OUT.includes(manifest.kind) && !isController(manifest)));
  await api.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'elasti-hook-token', namespace: SYSTEM_NAMESPACE },
    stringData: { token: hookToken },
  });
  const compositeController = manifests.find(isController);
  if (!compositeController) throw new Error('manifests/own-resolver holds no CompositeController');
  return {
    hookService: deployedOf(manifests, HOOK_SERVICE),
    resolver: deployedOf(manifests, 'elasti-resolver'),
    compositeController,
  };
}

/** What users install, with Elasti's own resolver and these components; the folder is made for it. */
export async function renderManifests(folder: string, components: readonly string[]): Promise<readonly Manifest[]> {
  const manifests = (name: string) => relative(folder, join(import.meta.dirname, '../../manifests', name));
  await mkdir(folder, { recursive: true });
  const kustomization = { resources: [manifests('own-resolver')], components: components.map(manifests) };
  await writeFile(join(folder, 'kustomization.yaml'), stringify(kustomization));
  const yaml = (await run('kubectl', ['kustomize', folder])).replaceAll(HOOKS_IN_THE_CLUSTER, HOOK_ADDRESS);
  return parseAllDocuments(yaml).map((document) => document.toJS() as Manifest);
}

/** What stands in the manifest as text; what comes from elsewhere is for a cluster to give. */
export function deployedOf(manifests: readonly Manifest[], name: string): Deployed {
  const deployment = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name);
  const container = deployment?.spec?.template?.spec.containers[0];
  if (!container) throw new Error(`the manifests hold no Deployment ${name}`);
  const literals = (container.env ?? []).flatMap(({ name: variable, value }) => (value ? [[variable, value]] : []));
  return { environment: Object.fromEntries(literals), memoryLimitMiB: mebibytes(container.resources.limits.memory) };
}

function mebibytes(quantity: string): number {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? [];
  if (number === undefined) throw new Error(`cannot read the memory limit ${quantity}`);
  return Number(number) * (unit === 'Gi' ? 1024 : 1);
}
