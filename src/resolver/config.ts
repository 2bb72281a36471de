import { isIP } from 'node:net';
import { z } from 'zod';
import { apiServerOf, makeTracesConfig } from '../config.ts';
import { Variables as HookServiceVariables, TracesVariables, wholeNumber } from '../config-variables.ts';
import { type Environment, readVariables } from '../environment.ts';
import type { TracesConfig } from '../telemetry/traces/open-tracer.ts';
import { DEFAULT_LIMITS, MAX_HEAD_BYTES, type ResolverLimits } from './limits.ts';

/** What the resolver is started with. */
export interface ResolverConfig {
  /** Where we run, and so where the claims are. */
  readonly podNamespace: string;
  /** Our addresses as slices name them; none outside a cluster. */
  readonly podAddresses: readonly string[];
  /** The address that all ports are bound to; undefined: all. */
  readonly listenAddress: string | undefined;
  readonly internalPort: number;
  /** Sorted. Empty: all. */
  readonly watchNamespaces: readonly string[];
  /** Before they are fitted to the files that this process may have open. */
  readonly limits: ResolverLimits;
  /** Base URL of the hook service. */
  readonly operatorUrl: string;
  /** Whether targets are raised from here too, where no hook service answers. */
  readonly raisesScale: boolean;
  /** What the pod is given from SIGTERM to its end. */
  readonly graceSeconds: number;
  /** Where traces are sent. */
  readonly traces: TracesConfig | undefined;
  readonly logLevel: z.infer<typeof ResolverVariables>['LOG_LEVEL'];
  /** `apiServer`: where we run in a pod, the one that the kubelet named. */
  readonly kube: { readonly kubeconfig: string | undefined; readonly apiServer: string | undefined };
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

const UNITS: Readonly<Record<string, number>> = { '': 1, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 };
const MAX_BYTES = 1024 ** 4;
const BYTES = `a number of bytes from ${MAX_HEAD_BYTES / 1024}Ki to 1024Gi, such as 1000000, 64Ki or 256Mi`;

const bytes = z
  .string()
  .regex(/^\d{1,13}(Ki|Mi|Gi)?$/, BYTES)
  .transform((text) => Number.parseInt(text, 10) * (UNITS[text.replace(/^\d+/, '')] as number))
  // A request's head must fit in, or no probe would be answered.
  .refine((number) => number >= MAX_HEAD_BYTES && number <= MAX_BYTES, BYTES);

/** Every variable of the environment that the resolver reads beside Sentry's, with its default. */
export const ResolverVariables = z
  .object({
    POD_NAMESPACE: shared.POD_NAMESPACE,
    POD_IP: addresses.default([]),
    LISTEN_ADDRESS: shared.LISTEN_ADDRESS,
    RESOLVER_INTERNAL_PORT: shared.SERVER_PORT,
    ELASTI_OPERATOR_URL: operatorUrl.optional(),
    RESOLVER_RAISES_SCALE: z.enum(['true', 'false'], { error: 'true or false' }).default('false'),
    RESOLVER_GRACE_SECONDS: wholeNumber(10, 86_400, 'a whole number of seconds').default(120),
    RESOLVER_MAX_HELD_CONNECTIONS: wholeNumber(1, 1_000_000).default(DEFAULT_LIMITS.maxHeldConnections),
    RESOLVER_MAX_HELD_BYTES: bytes.default(DEFAULT_LIMITS.maxHeldBytes),
    RESOLVER_MAX_HELD_BYTES_PER_CONNECTION: bytes.optional(),
    RESOLVER_SERVICE_SHARE_PERCENT: wholeNumber(1, 50).default(DEFAULT_LIMITS.serviceShare * 100),
    RESOLVER_MAX_DIALS_PER_POD: wholeNumber(1, 10_000).default(DEFAULT_LIMITS.maxDialsPerPod),
    WATCH_NAMESPACES: shared.WATCH_NAMESPACES,
    ...TracesVariables.shape,
    SENTRY_DSN: shared.SENTRY_DSN,
    SENTRY_ENVIRONMENT: shared.SENTRY_ENVIRONMENT,
    LOG_LEVEL: shared.LOG_LEVEL,
    KUBECONFIG: shared.KUBECONFIG,
    KUBERNETES_SERVICE_HOST: shared.KUBERNETES_SERVICE_HOST,
    KUBERNETES_SERVICE_PORT: shared.KUBERNETES_SERVICE_PORT,
  })
  .refine((env) => !((env.RESOLVER_MAX_HELD_BYTES_PER_CONNECTION ?? 0) > env.RESOLVER_MAX_HELD_BYTES), {
    path: ['RESOLVER_MAX_HELD_BYTES_PER_CONNECTION'],
    error: 'no more than RESOLVER_MAX_HELD_BYTES',
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
    // One namespace named twice would be followed twice.
    watchNamespaces: [...new Set(env.WATCH_NAMESPACES)].sort(),
    limits: {
      maxHeldConnections: env.RESOLVER_MAX_HELD_CONNECTIONS,
      maxHeldBytes: env.RESOLVER_MAX_HELD_BYTES,
      maxHeldBytesPerConnection:
        env.RESOLVER_MAX_HELD_BYTES_PER_CONNECTION ??
        Math.min(DEFAULT_LIMITS.maxHeldBytesPerConnection, env.RESOLVER_MAX_HELD_BYTES),
      serviceShare: env.RESOLVER_SERVICE_SHARE_PERCENT / 100,
      maxDialsPerPod: env.RESOLVER_MAX_DIALS_PER_POD,
    },
    operatorUrl: env.ELASTI_OPERATOR_URL ?? `http://elasti-operator-controller-service.${env.POD_NAMESPACE}.svc:8013`,
    raisesScale: env.RESOLVER_RAISES_SCALE === 'true',
    graceSeconds: env.RESOLVER_GRACE_SECONDS,
    traces: makeTracesConfig(env, 'elasti-resolver'),
    logLevel: env.LOG_LEVEL,
    kube: { kubeconfig: env.KUBECONFIG, apiServer: apiServerOf(env) },
  };
}
