import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createApi } from '../api.ts';
import type { Cluster } from '../cluster.ts';
import { makeLayout } from '../layout.ts';
import { readSettings } from '../settings.ts';
import { crashing, drain, neverReady, preStop, startPods } from './pod-life.ts';
import { useServiceAccount } from './service-account.ts';
import { scaleToOne, scaleToZero, twoReplicasAnswer } from './traffic.ts';

/** Runs inside the namespace. */
export async function runStory(cluster: Cluster): Promise<void> {
  const api = createApi(cluster.kubeconfig);
  const { ipv6 } = readSettings(makeLayout(cluster.name));
  try {
    await step('two replicas answer on the ClusterIP', () => twoReplicasAnswer(api, ipv6));
    await step('scaled to zero, nobody answers', () => scaleToZero(api));
    await step('scaled to one, it answers again', () => scaleToOne(api));
    await step('pod start, applied to Ready (5 in sequence)', () => startPods(api));
    await step('a pod annotated never-ready runs without being ready', () => neverReady(api));
    await step('a crashing pod is restarted', () => crashing(api));
    await step('a service account may do what its role says, no more', () => useServiceAccount(api));
    await step('a pod that is asked to end answers what it has accepted', () => drain(api));
    await step('a preStop hook holds SIGTERM back', () => preStop(api));
    assert.ok(cluster.auditLog);
    assert.match(readFileSync(cluster.auditLog, 'utf8'), /"requestObject":\{[^\n]*"replicas":0/);
  } finally {
    api.close();
  }
}

async function step(what: string, story: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  await story();
  process.stdout.write(`smoke: ${what} (${Math.round(performance.now() - startedAt)} ms)\n`);
}
