import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { Combination } from './combinations.ts';

const HERE = import.meta.dirname;

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
export const renderKustomization = (folder: string): readonly Manifest[] => parse(kustomize(join(HERE, folder)));

/** The YAML of a folder with components over it, by a kustomization as users write it. */
export function renderCombination({ folder, components, namespace }: Combination): string {
  const directory = mkdtempSync(join(tmpdir(), 'elasti-kustomize-'));
  // Kustomize takes no absolute paths.
  const fromThere = (path: string) => relative(directory, join(HERE, path));
  const kustomization = {
    resources: [fromThere(folder)],
    components: components.map(fromThere),
    ...(namespace === undefined ? {} : { namespace }),
  };
  try {
    writeFileSync(join(directory, 'kustomization.yaml'), stringify(kustomization));
    return kustomize(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const parse = (yaml: string): readonly Manifest[] => parseAllDocuments(yaml).map((document) => document.toJS());

const kustomize = (directory: string): string =>
  execFileSync('kubectl', ['kustomize', directory], { encoding: 'utf8' });

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
