import { z } from 'zod';
import { parseConfig, toSettings } from '../../config.ts';
import type { Settings } from '../../core/types.ts';
import { ConfigError, KubeApiError } from '../../errors.ts';
import { CONFIG_MAPS } from '../../kube/paths.ts';
import { containersOf, DEPLOYMENTS, Workload } from './kinds.ts';
import type { Kube } from './kube.ts';

export const HOOK_DEPLOYMENT = 'elasti-operator-controller';

/** The hook service as it is installed, and what it decides by. */
export interface Installation {
  /** Where it is looked for. */
  readonly namespace: string;
  /** missing: there is no such Deployment. unreadable: we may not look. */
  readonly deployment: Workload | 'missing' | 'unreadable';
  readonly environment: Readonly<Record<string, string>>;
  /** Secrets whose keys are variables of the environment too: we do not read them. */
  readonly secretNames: readonly string[];
  /** Those of its environment; where that cannot be read, the defaults. */
  readonly settings: Settings;
  /** What is wrong with the environment: the service does not start with it. */
  readonly fault: string | undefined;
}

/** The hook service watches by itself what decisions rest on. */
export const isWatching = ({ environment }: Pick<Installation, 'environment'>): boolean =>
  environment.OBSERVE_BY === 'watch';

const ConfigMapData = z.looseObject({ data: z.record(z.string(), z.string()).nullish() });

/** Looks how the hook service is set up, through its Deployment; never throws for what it may not read. */
export async function readInstallation(kube: Kube, namespace: string): Promise<Installation> {
  const deployment = await readDeployment(kube, namespace);
  if (typeof deployment === 'string') {
    return { namespace, deployment, environment: {}, secretNames: [], ...settingsOf({}) };
  }
  const sources = containersOf(deployment).flatMap(({ envFrom }) => envFrom ?? []);
  const configMaps = sources.flatMap(({ configMapRef }) => configMapRef?.name ?? []);
  const given = containersOf(deployment).flatMap(({ env }) => env ?? []);
  const environment = {
    ...Object.assign({}, ...(await Promise.all(configMaps.map((name) => readConfigMap(kube, { namespace, name }))))),
    // Named one by one they win. A value from elsewhere in the pod is none that we need.
    ...Object.fromEntries(given.flatMap(({ name, value }) => (value == null ? [] : [[name, value]]))),
  };
  const secretNames = sources.flatMap(({ secretRef }) => secretRef?.name ?? []);
  return { namespace, deployment, environment, secretNames, ...settingsOf(environment) };
}

async function readDeployment(kube: Kube, namespace: string): Promise<Installation['deployment']> {
  try {
    return (await kube.read(DEPLOYMENTS, { namespace, name: HOOK_DEPLOYMENT }, Workload)) ?? 'missing';
  } catch (error) {
    if (error instanceof KubeApiError && error.code === 'FORBIDDEN') return 'unreadable';
    throw error;
  }
}

async function readConfigMap(kube: Kube, ref: { namespace: string; name: string }) {
  try {
    return (await kube.read(CONFIG_MAPS, ref, ConfigMapData))?.data ?? {};
  } catch (error) {
    if (error instanceof KubeApiError && error.code === 'FORBIDDEN') return {};
    throw error;
  }
}

function settingsOf(environment: Readonly<Record<string, string>>): Pick<Installation, 'settings' | 'fault'> {
  try {
    return { settings: toSettings(parseConfig(environment)), fault: undefined };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { settings: toSettings(parseConfig({})), fault: error.message };
  }
}
