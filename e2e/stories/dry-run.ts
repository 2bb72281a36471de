import assert from 'node:assert/strict';
import { join } from 'node:path';
import { run } from '../cluster/shell.ts';
import type { Story } from '../stage/story.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests');

export const dryRun: Story = {
  name: 'the manifests as they are shipped are accepted by the API server',
  slug: 'dry-run',
  needsStandIn: true,
  async tell({ api, kubectl }) {
    // The overlay's settings are another's by now; a user has the manifests alone.
    const apply = [
      'apply',
      '--server-side',
      '--dry-run=server',
      '--validate=strict',
      '--field-manager=e2e-dry-run',
      '--force-conflicts',
    ];
    const rendered = await run('kubectl', ['kustomize', join(MANIFESTS, 'default')]);
    const applied = await run('kubectl', [...apply, '-f', '-'], rendered);
    const kinds = rendered.match(/^kind: /gm)?.length ?? 0;
    assert.equal(applied.trim().split('\n').length, kinds);
    assert.doesNotMatch(applied, /Warning/);

    // The example brings its namespace, which a dry run does not make.
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'elasti-example' } });
    await run('kubectl', [...apply, '-k', join(MANIFESTS, 'example')]);
    await kubectl('get', 'elastiservices');
  },
};
