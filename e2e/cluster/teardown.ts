import { setTimeout as sleep } from 'node:timers/promises';
import { readProcesses } from './daemon.ts';
import type { ClusterLayout } from './layout.ts';
import { namespaceIdentity, ownLineage, type ProcessIdentity, processesOf, signal } from './process-identity.ts';

const PATIENCE_MS = 2_000;
const GIVE_UP_MS = 10_000;

/**
 * Ends every process of the namespace but the callers of this one. The cluster's own are killed at once: they have
 * nothing to save and would take long. The rest (pods, programs under test) may end by themselves first.
 */
export async function endProcesses(layout: ClusterLayout): Promise<void> {
  const namespace = await namespaceIdentity(layout.namespaceFile);
  if (namespace === undefined) return;
  const spared = ownLineage();
  const remaining = async () => (await processesOf(namespace)).filter(({ pid }) => !spared.has(pid));

  for (const component of readProcesses(layout)) signal(component, 'SIGKILL');
  const startedAt = performance.now();
  const asked = new Set<string>();
  for (let left = await remaining(); left.length > 0; left = await remaining()) {
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs > GIVE_UP_MS) throw new Error(`cannot end processes ${left.map(({ pid }) => pid).join(', ')}`);
    for (const identity of left) {
      if (elapsedMs > PATIENCE_MS) signal(identity, 'SIGKILL');
      else if (!asked.has(keyOf(identity))) signal(identity, 'SIGTERM');
      asked.add(keyOf(identity));
    }
    await sleep(20);
  }
}

function keyOf({ pid, startTime }: ProcessIdentity): string {
  return `${pid}:${startTime}`;
}
