import { stringify } from 'yaml';
import { makeCrd } from './crd.ts';

/** Where the generated CustomResourceDefinition lives. */
export const crdFile = new URL('../manifests/base/crd.yaml', import.meta.url);

/** The generated file, whole. */
export function renderCrd(): string {
  const yaml = stringify(makeCrd(), { lineWidth: 0, aliasDuplicateObjects: false });
  return `# Generated from src/api/elastiservice.ts by: npm run generate\n${yaml}`;
}
