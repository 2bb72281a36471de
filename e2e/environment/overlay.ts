import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ClusterLayout } from '../cluster/layout.ts';
import { run } from '../cluster/shell.ts';

/** `own`: Elasti's resolver; otherwise KubeElasti's, in the place of the stand-in. */
const { RESOLVER_BIN, OBSERVE_BY } = process.env;
/** The hook service watches by itself. */
export const isWatching = OBSERVE_BY === 'watch';
const isOwnResolver = RESOLVER_BIN === 'own';
/** KubeElasti's resolver has the hook service's port. */
export const OTHER_SERVER_PORT = 8014;

const REPOSITORY = join(import.meta.dirname, '../..');

/** All that is changed of what users install: programs of this machine for images, addresses to bind to, shorter waits. */
function makeKustomization(directory: string): object {
  const fromRepository = (path: string) => join(REPOSITORY, path);
  const annotations = { 'e2e.elasti.dev/readiness-period-ms': '200' };
  const podIp = { valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } };
  const patchOf = (name: string, container: object) => ({
    target: { kind: 'Deployment', name },
    patch: JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { template: { metadata: { annotations }, spec: { containers: [container] } } },
    }),
  });
  const instrumented = (main: string) => [
    process.execPath,
    '--import',
    fromRepository('src/instrument.ts'),
    fromRepository(main),
  ];
  const standIn = [process.execPath, fromRepository('e2e/resolver-stand-in.ts')];
  const resolverCommand = isOwnResolver
    ? instrumented('src/resolver/main.ts')
    : RESOLVER_BIN
      ? [RESOLVER_BIN]
      : standIn;
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    // Kustomize takes no absolute paths.
    resources: [relative(directory, fromRepository(isOwnResolver ? 'manifests/own-resolver' : 'manifests/default'))],
    ...(isWatching ? { components: [relative(directory, fromRepository('manifests/many-services'))] } : {}),
    patches: [
      patchOf('elasti-operator-controller', {
        name: 'manager',
        command: instrumented('src/main.ts'),
        env: [
          { name: 'LISTEN_ADDRESS', ...podIp },
          { name: 'SLEEP_DRAIN_SECONDS', value: '2' },
          { name: 'PROXY_REENTRY_SECONDS', value: '0' },
        ],
      }),
      patchOf('elasti-resolver', {
        name: isOwnResolver ? 'resolver' : 'proxy',
        command: resolverCommand,
        env: [{ name: 'LISTEN_ADDRESS', ...podIp }],
      }),
      ...(RESOLVER_BIN && !isOwnResolver ? makeRoomForRealResolver() : []),
    ],
  };
}

// KubeElasti's resolver binds 8012 and 8013 on all addresses, and pods share one network stack here.
function makeRoomForRealResolver(): readonly object[] {
  const patch = (name: string, operations: readonly object[]) => ({
    target: { kind: 'Deployment', name },
    patch: JSON.stringify(operations.map((operation) => ({ op: 'replace', ...operation }))),
  });
  const server = { name: 'manager', env: [{ name: 'SERVER_PORT', value: String(OTHER_SERVER_PORT) }] };
  return [
    patch('elasti-resolver', [
      { path: '/spec/replicas', value: 1 },
      { path: '/spec/strategy/rollingUpdate', value: { maxUnavailable: 1, maxSurge: 0 } },
    ]),
    patch('elasti-operator-controller', [
      { path: '/spec/template/spec/containers/0/ports/1/containerPort', value: OTHER_SERVER_PORT },
    ]),
    {
      target: { kind: 'Deployment', name: 'elasti-operator-controller' },
      patch: JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'elasti-operator-controller' },
        spec: { template: { spec: { containers: [server] } } },
      }),
    },
  ];
}

/** Renders manifests/default for this machine. */
export async function renderOverlay(layout: ClusterLayout): Promise<string> {
  const directory = join(layout.directory, 'overlay');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'kustomization.yaml'), JSON.stringify(makeKustomization(directory)));
  return run('kubectl', ['kustomize', directory]);
}
