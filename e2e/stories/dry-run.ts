import assert from 'node:assert/strict';
import { join } from 'node:path';
import { COMBINATIONS, nameOf } from '../../manifests/combinations.ts';
import { renderCombination } from '../../manifests/kustomize.ts';
import { run } from '../cluster/shell.ts';
import type { Story } from '../stage/story.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests');
// Whoever applies the manifests over the overlay of the stories, under the same name, takes its settings back.
const APPLY = [
  'apply',
  '--server-side',
  '--dry-run=server',
  '--validate=strict',
  '--force-conflicts',
  '--warnings-as-errors',
];

export const dryRun: Story = {
  name: 'the manifests as they are shipped, in every combination that is offered, are accepted by the API server',
  slug: 'dry-run',
  async tell({ api, kubectl, step }) {
    for (const combination of COMBINATIONS) {
      step(nameOf(combination));
      const rendered = renderCombination(combination);
      const applied = await run('kubectl', [...APPLY, '-f', '-'], rendered);
      const kinds = rendered.match(/^kind: /gm)?.length ?? 0;
      assert.equal(applied.trim().split('\n').length, kinds);
    }

    // The example brings its namespace, which a dry run does not make.
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'elasti-example' } });
    await run('kubectl', [...APPLY, '-k', join(MANIFESTS, 'example')]);
    await kubectl('get', 'elastiservices');
  },
};
