import { isIP } from 'node:net';
import { z } from 'zod';
import { Variables as HookServiceVariables } from '../config-variables.ts';
import { type Environment, readVariables } from '../environment.ts';

/** What the resolver is started with. */
export interface ResolverConfig {
  /** Where we run, and so where the claims are. */
  readonly podNamespace: string;
  /** Our addresses as slices name them; none outside a cluster. */
  readonly podAddresses: readonly string[];
  /** The address that all ports are bound to; undefined: all. */
  readonly listenAddress: string | undefined;
  readonly internalPort: number;
  /** Base URL of the hook service. */
  readonly operatorUrl: string;
  /** Whether targets are raised from here too, where no hook service answers. */
  readonly raisesScale: boolean;
  /** What the pod is given from SIGTERM to its end. */
  readonly graceSeconds: number;
  readonly logLevel: z.infer<typeof ResolverVariables>['LOG_LEVEL'];
  readonly kube: { readonly kubeconfig: string | undefined; readonly isInCluster: boolean };
}

const shared = HookServiceVariables.shape;

const operatorUrl = z.url({ protocol: /^https?$/, error: 'an http or https URL' }).refine((url) => {
  if (!URL.canParse(url)) return true;
  const { username, password, search, hash } = new URL(url);
  return username + password + search + hash === '';
}, 'a URL without credentials or query');

const addresses = z
  .string()
  .transform((list) => list.split(',').map((address) => address.trim()))
  .refine((list) => list.every((address) => isIP(address) !== 0), 'IP addresses with commas between them');

const GRACE = 'a whole number of seconds from 10 to 86400';

/** Every variable of the environment that the resolver reads beside Sentry's, with its default. */
export const ResolverVariables = z.object({
  POD_NAMESPACE: shared.POD_NAMESPACE,
  POD_IP: addresses.default([]),
  LISTEN_ADDRESS: shared.LISTEN_ADDRESS,
  RESOLVER_INTERNAL_PORT: shared.SERVER_PORT,
  ELASTI_OPERATOR_URL: operatorUrl.optional(),
  RESOLVER_RAISES_SCALE: z.enum(['true', 'false'], { error: 'true or false' }).default('false'),
  RESOLVER_GRACE_SECONDS: z
    .string()
    .regex(/^\d{1,5}$/, GRACE)
    .transform(Number)
    .refine((seconds) => seconds >= 10 && seconds <= 86_400, GRACE)
    .default(120),
  SENTRY_DSN: shared.SENTRY_DSN,
  SENTRY_ENVIRONMENT: shared.SENTRY_ENVIRONMENT,
  LOG_LEVEL: shared.LOG_LEVEL,
  KUBECONFIG: shared.KUBECONFIG,
  KUBERNETES_SERVICE_HOST: shared.KUBERNETES_SERVICE_HOST,
});

/** Reads the environment, the only place that does; ConfigError with one line for all that is wrong. An empty value is none. */
export function parseResolverConfig(env: Environment): ResolverConfig {
  return makeConfig(readVariables(ResolverVariables, env));
}

function makeConfig(env: z.infer<typeof ResolverVariables>): ResolverConfig {
  return {
    podNamespace: env.POD_NAMESPACE,
    podAddresses: env.POD_IP,
    listenAddress: env.LISTEN_ADDRESS,
    internalPort: env.RESOLVER_INTERNAL_PORT,
    operatorUrl: env.ELASTI_OPERATOR_URL ?? `http://elasti-operator-controller-service.${env.POD_NAMESPACE}.svc:8013`,
    raisesScale: env.RESOLVER_RAISES_SCALE === 'true',
    graceSeconds: env.RESOLVER_GRACE_SECONDS,
    logLevel: env.LOG_LEVEL,
    kube: { kubeconfig: env.KUBECONFIG, isInCluster: env.KUBERNETES_SERVICE_HOST !== undefined },
  };
}
