import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Context, Settings } from '../src/core/types.ts';

export const HOOKS = ['sync', 'finalize', 'customize'] as const;
export type Hook = (typeof HOOKS)[number];

export const SETTINGS: Settings = {
  resolver: { namespace: 'elasti', serviceName: 'elasti-resolver-service', proxyPort: 8012, routing: 'host' },
  pollSeconds: 30,
  drainSeconds: 5,
  settleSeconds: 2,
  resolverGoneSeconds: 30,
  reentrySeconds: 25,
  zeroDeadlineSeconds: 5,
  clockSkewSeconds: 1,
  reservedNamespaces: ['elasti', 'kube-system', 'metacontroller'],
};

/** What context.json may say; what it leaves out was not gathered. */
export interface GoldenContext extends Partial<Omit<Context, 'now'>> {
  readonly now: string;
  readonly settings?: Partial<Settings>;
  /** The decision asked for more than it was given. */
  readonly partial?: true;
  /** What the sync after this one changes once the answer is applied, at the same moment, and why that is right. */
  readonly then?: { readonly because: string; readonly changes: readonly string[] };
}

export interface Golden {
  readonly hook: Hook;
  readonly sentence: string;
  readonly folder: URL;
}

/** Every golden there is, by the folders. */
export function readGoldens(root: URL): readonly Golden[] {
  const hooks = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return hooks.flatMap(({ name: hook }) => {
    if (!isHook(hook)) throw new Error(`hooks-test/${hook} is no hook: ${HOOKS.join(', ')}`);
    const inHook = new URL(`${hook}/`, root);
    // What is no folder here cannot be read as one, so that a stray file fails too.
    return readdirSync(inHook).map((name) => ({ hook, sentence: name, folder: new URL(`${name}/`, inHook) }));
  });
}

const isHook = (name: string): name is Hook => (HOOKS as readonly string[]).includes(name);

/** Fails on a missing file and on one that does not belong there; response.json may be missing while it is rewritten. */
export function checkFiles({ hook, folder }: Golden, { isRewriting }: { readonly isRewriting: boolean }): void {
  const wanted = hook === 'customize' ? ['request.json'] : ['context.json', 'request.json'];
  const found = readdirSync(folder).filter((name) => !(isRewriting && name === 'response.json'));
  assert.deepEqual(found.sort(), (isRewriting ? wanted : [...wanted, 'response.json']).sort());
}

export const readJson = (folder: URL, name: string): unknown =>
  JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as unknown;

export const roundTrip = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Compares with response.json, whole; or rewrites it. */
export function compareResponse(folder: URL, response: unknown, { isRewriting }: { readonly isRewriting: boolean }) {
  const actual = roundTrip(response);
  const file = new URL('response.json', folder);
  if (isRewriting) writeFileSync(file, `${JSON.stringify(actual, null, 1)}\n`);
  assert.ok(existsSync(file), 'response.json is missing; UPDATE_GOLDEN=1 writes it');
  assert.deepEqual(actual, readJson(folder, 'response.json'));
}
