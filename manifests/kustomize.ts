import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** A manifest as it comes out of Kustomize; tests look wherever they like. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: manifests of many kinds, read by tests only
  readonly [field: string]: any;
}

/** Why kustomizations cannot be rendered here; false where they can. */
export const noKubectl: string | false =
  spawnSync('kubectl', ['version', '--client']).status === 0 ? false : 'kubectl is not on the PATH';

/** The objects of a folder, relative to manifests/. */
export function renderKustomization(folder: string): readonly Manifest[] {
  const path = fileURLToPath(new URL(folder, import.meta.url));
  const yaml = execFileSync('kubectl', ['kustomize', path], { encoding: 'utf8' });
  return parseAllDocuments(yaml).map((document) => document.toJS());
}

/** What a role allows, a line for each resource, sorted. */
export function grants(role: Manifest): string[] {
  return role.rules
    .flatMap(({ apiGroups, resources, verbs }: { apiGroups: string[]; resources: string[]; verbs: string[] }) =>
      apiGroups.flatMap((group) =>
        resources.map((resource) => `${group && `${group}/`}${resource}: ${verbs.join(' ')}`),
      ),
    )
    .sort();
}
