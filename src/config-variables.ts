import { z } from 'zod';
import { parseGoDuration } from './core/go-duration.ts';
import type { PortRange } from './core/types.ts';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const OBSERVERS = ['metacontroller', 'watch'] as const;
const ROUTINGS = ['port', 'host'] as const;

const HEADER_VALUE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const HOST_PATTERN = /^[A-Za-z0-9.*:[\]_-]+$/;
const DSN = /^https?:\/\/[^@/\s]+@[^@/\s]+\/(\S*\/)?\d+$/;

// Each message says what is allowed: parseConfig puts name and value before it.
const text = (pattern: RegExp, allowed: string) => z.string().regex(pattern, allowed);
const label = text(DNS_LABEL, 'a name of at most 63 lower-case letters, digits and hyphens');
const name = text(DNS_NAME, 'a lower-case DNS name');

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'a port from 1 to 65535')
  .transform(Number)
  .refine((number) => number >= 1 && number <= 65_535, 'a port from 1 to 65535');

const PORT_RANGE =
  'two ports with a hyphen between them, from 1024 to 32767, for 2048 ports or more, such as 10240-29999';
// Each ElastiService has its ports from one sixteenth of the range, whichever its UID says. In fewer than these one part may
// be used up while half of the range is free.
const MIN_PORTS = 2048;

// Above 32767 Linux takes ports for outgoing connections, so that a listener might find its own taken.
const portRange = z
  .string()
  .regex(/^\d{4,5}-\d{4,5}$/, PORT_RANGE)
  .transform((range) => range.split('-').map(Number) as [number, number])
  .refine(([first, last]) => first >= 1024 && last <= 32_767 && last - first + 1 >= MIN_PORTS, PORT_RANGE)
  .transform(([first, last]): PortRange => ({ first, last }));

const seconds = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, `a number of seconds from ${min} to ${max}`)
    .transform(Number)
    .refine((number) => number >= min && number <= max, `a number of seconds from ${min} to ${max}`);

const list = (pattern: RegExp, allowed: string) =>
  z
    .string()
    .transform((all) => all.split(',').map((part) => part.trim()))
    .transform((parts) => parts.filter((part) => part !== ''))
    .refine((parts) => parts.every((part) => pattern.test(part)), allowed);
const namespaces = list(DNS_LABEL, 'namespaces with commas between them');

const serverAddress = z
  .url({ protocol: /^https?$/, error: 'an http or https URL' })
  .refine(
    (url) => !URL.canParse(url) || new URL(url).username + new URL(url).password === '',
    'a URL without credentials',
  );

/** A whole number between bounds of at most nine digits; `what` says in the refusal what it counts. */
export const wholeNumber = (min: number, max: number, what = 'a whole number') => {
  const allowed = `${what} from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, allowed)
    .transform(Number)
    .refine((number) => number >= min && number <= max, allowed);
};

const pollSeconds = z
  .string()
  .transform((duration) => parseGoDuration(duration) ?? 0)
  .refine((number) => number >= 1 && number <= 3600, 'a duration from 1s to 1h, such as 30s or 1m30s');

/** What parseSentryConfig reads. */
export const SentryVariables = z.object({
  SENTRY_DSN: text(DSN, 'a DSN such as https://key@host/1').optional(),
  SENTRY_ENVIRONMENT: text(/^[^\s/]{1,64}$/, 'at most 64 characters, neither spaces nor slashes').optional(),
});

const PAIRS = 'name=value pairs with commas between them, values percent-encoded';
/** As OpenTelemetry writes lists: names of headers or attributes, and values in printable ASCII. */
const pairs = z
  .string()
  .transform((all) => all.split(',').map((pair) => pair.trim()))
  .transform((all) => all.filter((pair) => pair !== ''))
  .refine((all) => all.every((pair) => /^[\w.!#$%&'*+^`|~-]+\s*=[\x20-\x7e]*$/.test(pair) && isDecodable(pair)), PAIRS)
  .transform((all): Readonly<Record<string, string>> => Object.fromEntries(all.map(readPair)));

function readPair(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
}

function isDecodable(pair: string): boolean {
  try {
    // What it stands for must be a header's value as well.
    return /^[\x20-\x7e]*$/.test(readPair(pair)[1]);
  } catch {
    return false;
  }
}

/** OpenTelemetry's own names; what is not listed has no effect. */
export const TracesVariables = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: serverAddress
    .refine((url) => !URL.canParse(url) || new URL(url).search + new URL(url).hash === '', 'a URL without a query')
    .optional(),
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional(),
  // A collector's port for gRPC would take nothing from us.
  OTEL_EXPORTER_OTLP_PROTOCOL: z.literal('http/json', { error: 'http/json' }).optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional(),
  OTEL_SERVICE_NAME: z.string().max(255, 'at most 255 characters').optional(),
});

/** Every variable of the environment that we read, with its default. */
export const Variables = z
  .object({
    ELASTI_RESOLVER_NAMESPACE: label.default('elasti'),
    ELASTI_RESOLVER_DEPLOYMENT_NAME: name.default('elasti-resolver'),
    ELASTI_RESOLVER_SERVICE_NAME: label.default('elasti-resolver-service'),
    ELASTI_RESOLVER_PORT: port.default(8013),
    ELASTI_RESOLVER_PROXY_PORT: port.default(8012),
    RESOLVER_ROUTING: z.enum(ROUTINGS, { error: `one of ${ROUTINGS.join(', ')}` }).default('host'),
    RESOLVER_PORT_RANGE: portRange.default({ first: 10_240, last: 29_999 }),
    KUBERNETES_CLUSTER_DOMAIN: name.default('cluster.local'),
    POLLING_INTERVAL: pollSeconds.default(30),
    PROMETHEUS_TRIGGER_SERVER_ADDRESS: serverAddress.optional(),
    PROMETHEUS_TRIGGER_AUTHORIZATION_HEADER: text(HEADER_VALUE, 'printable ASCII on one line').optional(),
    PROMETHEUS_MAX_CONCURRENCY: wholeNumber(1, 1000).optional(),
    PROMETHEUS_ALLOWED_SERVERS: list(HOST_PATTERN, 'host patterns with commas between them').default(['*']),
    ...SentryVariables.shape,
    ...TracesVariables.shape,
    WATCH_NAMESPACES: namespaces.default([]),
    RESERVED_NAMESPACES: namespaces.default(['kube-system', 'kube-public', 'kube-node-lease']),
    OBSERVE_BY: z.enum(OBSERVERS, { error: `one of ${OBSERVERS.join(', ')}` }).default('metacontroller'),
    HOOK_SERVICE_NAME: label.default('elasti-hooks'),
    POD_IP: z.union([z.ipv4(), z.ipv6()], 'an IP address').optional(),
    POD_NAMESPACE: label.default('elasti'),
    LISTEN_ADDRESS: z.union([z.ipv4(), z.ipv6()], 'an IP address').optional(),
    HOOK_PORT: port.default(8080),
    SERVER_PORT: port.default(8013),
    METRICS_PORT: port.optional(),
    HOOK_TOKEN: text(/^[\x21-\x7e]+$/, 'printable ASCII without spaces').optional(),
    HOOK_TOKEN_FILE: z.string().optional(),
    // Less than kube-proxy's sync period would cut connections that it still sends to the pods.
    SLEEP_DRAIN_SECONDS: seconds(1, 600).default(5),
    WAKE_SETTLE_SECONDS: seconds(1, 600).default(2),
    RESOLVER_GONE_SECONDS: seconds(1, 86_400).default(30),
    PROXY_REENTRY_SECONDS: seconds(0, 86_400).default(0),
    OBSERVE_ONLY: z.enum(['true', 'false'], { error: 'true or false' }).default('false'),
    LOG_LEVEL: z.enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(', ')}` }).default('info'),
    KUBECONFIG: z.string().optional(),
    KUBERNETES_SERVICE_HOST: z.string().optional(),
    KUBERNETES_SERVICE_PORT: port.default(443),
  })
  .refine((env) => env.HOOK_TOKEN === undefined || env.HOOK_TOKEN_FILE === undefined, {
    path: ['HOOK_TOKEN_FILE'],
    error: 'either this or HOOK_TOKEN, not both',
  })
  .refine(({ METRICS_PORT, HOOK_PORT, SERVER_PORT }) => METRICS_PORT !== HOOK_PORT && METRICS_PORT !== SERVER_PORT, {
    path: ['METRICS_PORT'],
    error: 'another port than HOOK_PORT and SERVER_PORT',
  })
  .refine((env) => env.HOOK_PORT !== env.SERVER_PORT, { path: ['HOOK_PORT'], error: 'another port than SERVER_PORT' })
  .refine(({ RESOLVER_PORT_RANGE: { first, last }, ELASTI_RESOLVER_PORT: own }) => own < first || own > last, {
    path: ['RESOLVER_PORT_RANGE'],
    error: 'a range without ELASTI_RESOLVER_PORT, which the resolver itself listens on',
  });
