import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock } from '../../effects/ports.ts';
import { json, type Received, startStub, status } from '../../kube/testing/api-server-stub.ts';
import { runCollected } from './run-collected.ts';

export const NOW = new Date('2026-03-01T12:00:00.000Z');
export const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

/** An object by its path, a list by its path as an array, or a function that answers. A path that is missing is 404. */
export type Objects = Record<string, unknown>;
type Answered = { readonly code: number; readonly body: unknown };
export type AnswerTo = (received: Received) => Answered;

export const forbidden: AnswerTo = ({ url }) => ({
  code: 403,
  body: { kind: 'Status', message: `User "ann" may not see ${url}`, reason: 'Forbidden' },
});

interface Annotated {
  readonly metadata: { readonly annotations?: Record<string, string> };
}

/** An API server that knows these objects, and takes annotations by merge patch. */
export async function startFakeCluster(t: TestContext, objects: Objects) {
  const { origin, received } = await startStub(t, (one, response) => {
    const path = (one.url ?? '').split('?')[0] ?? '';
    const found = objects[path];
    if (typeof found === 'function') {
      const { code, body } = (found as AnswerTo)(one);
      return json(code, body)(one, response);
    }
    if (found === undefined)
      return isKnownKind(path, objects) ? status(404, 'NotFound')(one, response) : noKind(response);
    if (one.method === 'PATCH') {
      const { metadata } = one.body as Annotated;
      const before = found as Annotated;
      const annotations = Object.entries({ ...before.metadata.annotations, ...metadata.annotations });
      const left = Object.fromEntries(annotations.filter(([, value]) => value !== null));
      objects[path] = { ...before, metadata: { ...before.metadata, annotations: left } };
    }
    const body = Array.isArray(found) ? { metadata: {}, items: found } : objects[path];
    json(200, body)(one, response);
  });

  const directory = mkdtempSync(join(tmpdir(), 'elasti-cli-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const kubeconfig = join(directory, 'config');
  writeFileSync(kubeconfig, kubeconfigFor(origin));
  return {
    objects,
    received,
    kubeconfig,
    run: (args: readonly string[], more: RunOptions = {}) => run(args, { kubeconfig, ...more }),
  };
}

// Every kind is known of which there is a list or an object, and those that every cluster has.
const isKnownKind = (path: string, objects: Objects) => {
  const kind = path
    .replace(/\/[^/]+$/, '')
    .split('/')
    .at(-1);
  return /^\/api\/v1|^\/apis\/apps\//.test(path) || Object.keys(objects).some((key) => key.includes(`/${kind}`));
};

const noKind = (response: Parameters<ReturnType<typeof json>>[1]) =>
  void response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');

const kubeconfigFor = (server: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'ann', user: { token: 'kube-token' } }],
    contexts: [
      { name: 'here', context: { cluster: 'c', user: 'ann', namespace: 'shop' } },
      { name: 'there', context: { cluster: 'c', user: 'ann' } },
    ],
    'current-context': 'here',
  });

export interface RunOptions {
  readonly kubeconfig?: string;
  /** What happens while a command waits. */
  readonly onSleep?: () => void;
}

/** One command line at noon, in a process of our own; every wait is over at once. */
export function run(args: readonly string[], { kubeconfig, onSleep }: RunOptions) {
  let sleptMs = 0;
  const clock: Clock = {
    now: () => new Date(NOW.getTime() + sleptMs),
    monotonicMs: () => sleptMs,
    sleep: async (ms) => {
      sleptMs += ms;
      onSleep?.();
    },
    after: () => () => {},
  };
  const withConfig = kubeconfig === undefined ? args : [...args, '--kubeconfig', kubeconfig];
  return runCollected(withConfig, { clock, random: { uuid: () => 'uuid-1' }, version: '0.0.0' });
}
