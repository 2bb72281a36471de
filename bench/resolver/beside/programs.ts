import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { usageOf } from '../../usage.ts';
import type { Answer as Cluster } from './cluster-process.ts';
import { DOMAIN, OPERATOR } from './names.ts';

/** A resolver in a process of its own. */
export interface Program {
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
}

const START_MS = 30_000;
const INTERNAL_PORT = 8014;

/** Starts ours as it is deployed; resolves when it listens on the ports. */
export async function startOurs(options: {
  readonly cluster: Cluster;
  readonly operatorPort: number;
  readonly folder: string;
  readonly ports: readonly number[];
}): Promise<Program> {
  const { cluster, operatorPort, folder, ports } = options;
  const named = (kind: string, value: object) => [{ name: 'bench', [kind]: value }];
  const kubeconfig = join(folder, 'kubeconfig');
  const kubeConfig = {
    clusters: named('cluster', {
      server: `https://127.0.0.1:${cluster.tlsPort}`,
      'certificate-authority': `${folder}/ca.crt`,
    }),
    users: named('user', { token: 'token' }),
    contexts: named('context', { cluster: 'bench', user: 'bench' }),
    'current-context': 'bench',
  };
  writeFileSync(kubeconfig, JSON.stringify(kubeConfig));
  const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  return startProgram([process.execPath, '--import', root('src/instrument.ts'), root('src/resolver/main.ts')], ports, {
    KUBECONFIG: kubeconfig,
    LISTEN_ADDRESS: '127.0.0.1',
    POD_IP: '127.0.0.1',
    RESOLVER_INTERNAL_PORT: String(INTERNAL_PORT),
    ELASTI_OPERATOR_URL: `http://127.0.0.1:${operatorPort}`,
    LOG_LEVEL: 'warn',
  });
}

/** Starts KubeElasti's with the values of its chart; resolves when it listens on the port. */
export async function startTheirs(options: {
  readonly binary: string;
  readonly cluster: Cluster;
  readonly operatorPort: number;
  readonly port: number;
  /** In place of the values of its chart. */
  readonly over?: Readonly<Record<string, string>>;
}): Promise<Program> {
  const { binary, cluster, operatorPort, port, over } = options;
  return startProgram([binary], [port], {
    ...readValues(),
    ...over,
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(cluster.tlsPort),
    KUBERNETES_CLUSTER_DOMAIN: DOMAIN,
    ELASTI_RESOLVER_NAMESPACE: 'elasti',
    ELASTI_RESOLVER_DEPLOYMENT_NAME: 'elasti-resolver',
    ELASTI_RESOLVER_SERVICE_NAME: 'elasti-resolver-service',
    ELASTI_RESOLVER_PORT: String(port + 1),
    ELASTI_RESOLVER_PROXY_PORT: String(port),
    ELASTI_OPERATOR_NAMESPACE: 'elasti',
    ELASTI_OPERATOR_DEPLOYMENT_NAME: 'elasti-operator-controller',
    ELASTI_OPERATOR_SERVICE_NAME: OPERATOR,
    ELASTI_OPERATOR_PORT: String(operatorPort),
  });
}

/** The literal values of the environment that our manifests run it with. */
function readValues(): Record<string, string> {
  const file = new URL('../../../manifests/kubeelasti-resolver/deployment.yaml', import.meta.url);
  const { env } = parse(readFileSync(file, 'utf8')).spec.template.spec.containers[0];
  const literal = env.filter(({ value }: { value?: string }) => value !== undefined);
  return Object.fromEntries(literal.map(({ name, value }: { name: string; value: string }) => [name, value]));
}

async function startProgram(
  [file = '', ...args]: readonly string[],
  ports: readonly number[],
  env: Readonly<Record<string, string>>,
): Promise<Program> {
  const child = spawn(file, args, { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' });
  process.on('exit', () => child.kill('SIGKILL'));
  const untilMs = performance.now() + START_MS;
  for (const port of ports) {
    while (!(await isListening(port))) {
      if (child.exitCode !== null || performance.now() > untilMs) throw new Error(`${file} does not listen on ${port}`);
      await sleep(50);
    }
  }
  return {
    cpuMs: async () => usageOf(child.pid ?? 0).cpuSeconds * 1000,
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('connect', () => socket.destroy()).on('error', () => resolve(false));
  });
}
