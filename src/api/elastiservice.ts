import { z } from 'zod';
import { CRON_SHAPE, GO_DURATION, HEADER_NAME, objectName, rules, shaped } from './shapes.ts';

export { CRON_SHAPE, GO_DURATION };

export const GROUP = 'elasti.truefoundry.com';
export const VERSION = 'v1alpha1';
export const PLURAL = 'elastiservices';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Whoever may annotate the ElastiService may wake it: the value is an opaque token, compared and never ordered. */
export const WAKE_ANNOTATION = `${GROUP}/wake`;

/** Until this time (RFC 3339) it does not sleep, and what we put to sleep is woken. */
export const KEEP_AWAKE_ANNOTATION = `${GROUP}/keep-awake-until`;

/** `off`: likewise, for good. A time (RFC 3339): a person asked then for it to sleep without waiting for the cooldown. */
export const SLEEP_ANNOTATION = `${GROUP}/sleep`;

/** Written by us so that Metacontroller asks about it, where we watch the cluster ourselves. */
export const NUDGE_ANNOTATION = `${GROUP}/nudge`;

const ROLLOUTS = ['Rollout', 'rollouts'];
const ROLLOUT_API = 'argoproj.io/v1alpha1';
const KIND_NEEDS_API =
  'Rollout needs apiVersion argoproj.io/v1alpha1, Deployment and StatefulSet need apiVersion apps/v1';

export const ScaleTargetRef = z
  .looseObject({
    apiVersion: z.enum(['apps/v1', ROLLOUT_API]).meta({ description: 'API version of the target.' }),
    kind: z.enum(['Deployment', 'StatefulSet', 'Rollout', 'deployments', 'rollouts']).meta({
      description: 'Kind of the target. deployments and rollouts are legacy spellings of Deployment and Rollout.',
    }),
    name: objectName(
      'name is the name of the workload to scale, such as web: lower-case letters, digits, - and .',
      'Name of the target, in the namespace of the ElastiService.',
    ),
  })
  .refine(({ apiVersion, kind }) => (apiVersion === ROLLOUT_API) === ROLLOUTS.includes(kind), KIND_NEEDS_API)
  .meta(
    rules({
      rule: "(self.apiVersion == 'argoproj.io/v1alpha1') == (self.kind in ['Rollout', 'rollouts'])",
      message: KIND_NEEDS_API,
    }),
  );
export type ScaleTargetRef = z.infer<typeof ScaleTargetRef>;

export const SecretKeyRef = z.looseObject({
  name: objectName(
    'name is the name of a Secret in this namespace, such as prometheus-login: lower-case letters, digits, - and .',
    'Name of a Secret in the namespace of the ElastiService.',
  ),
  key: shaped({
    maxLength: 253,
    shape: /^[-._a-zA-Z0-9]+$/,
    message: 'key is a key of the Secret, such as authorization: letters, digits, -, _ and .',
    description: 'Key within the Secret whose value is the header value.',
  }),
});
export type SecretKeyRef = z.infer<typeof SecretKeyRef>;

const THRESHOLD = 'threshold is a number, such as 0.5 or "0.5"';
const HEADER_NAMES = 'a header name is one word such as Authorization, without colon or spaces';
const HEADER_TWICE = 'write each header either in headers or in secretHeaders, not in both';
const headerNames = {
  rule: `self.all(name, name.matches(r'${HEADER_NAME.source}'))`,
  message: HEADER_NAMES,
};
const headerName = z.string().regex(HEADER_NAME);
const headerError = { error: ({ code }: { code?: string }) => (code === 'invalid_key' ? HEADER_NAMES : undefined) };
const headerValue = shaped({
  maxLength: 8192,
  shape: /^[^\r\n]*$/,
  message: 'a header value is one line; in YAML write it in quotes and not as a block',
  description: 'Value of the header.',
});

export const PrometheusMetadata = z
  .looseObject({
    query: z.string().min(1).max(16_384).meta({
      description:
        'PromQL query that gives one value: a vector with one element or a scalar. Idle while it is below threshold.',
    }),
    serverAddress: shaped({
      maxLength: 2048,
      shape: /^(https?:\/\/[^\s/?#]+[^\s?#]*)?$/,
      message:
        'serverAddress starts with http:// or https:// and has no query, such as http://prometheus.monitoring:9090',
      description:
        'Base URL of the Prometheus server, such as http://prometheus.monitoring:9090. Default: the address the service was started with.',
    }).optional(),
    threshold: z
      .union([z.number(), z.string().regex(/^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/, THRESHOLD)], THRESHOLD)
      .meta({
        description:
          'The service is idle while the value of the query is below this number. A number, or a number as a string.',
        hint: THRESHOLD,
      }),
    uptimeFilter: z.string().max(2048).optional().meta({
      description:
        'Label matchers of the up series that proves Prometheus itself was there during the cooldown. Default: container="prometheus".',
    }),
    headers: z
      .record(headerName, headerValue, headerError)
      .optional()
      .meta({
        description: 'Headers sent with each query. For secret values use secretHeaders.',
        maxProperties: 16,
        ...rules(headerNames),
      }),
    secretHeaders: z
      .record(headerName, SecretKeyRef, headerError)
      .optional()
      .meta({
        description: 'Headers whose values come from Secrets in the namespace of the ElastiService.',
        maxProperties: 16,
        ...rules(headerNames),
      }),
  })
  .refine(({ headers = {}, secretHeaders = {} }) => {
    const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
    return !Object.keys(secretHeaders).some((name) => names.has(name.toLowerCase()));
  }, HEADER_TWICE)
  .meta({
    'x-kubernetes-preserve-unknown-fields': true,
    ...rules({
      rule: '!has(self.headers) || !has(self.secretHeaders) || self.headers.all(a, self.secretHeaders.all(b, a.lowerAscii() != b.lowerAscii()))',
      message: HEADER_TWICE,
    }),
  });
export type PrometheusMetadata = z.infer<typeof PrometheusMetadata>;

export const Trigger = z.looseObject({
  type: z.literal('prometheus').meta({ description: 'Type of the trigger.' }),
  metadata: PrometheusMetadata.meta({ description: 'What to ask and how to judge the answer.' }),
});
export type Trigger = z.infer<typeof Trigger>;

export const Autoscaler = z.looseObject({
  type: z.enum(['hpa', 'keda']).meta({
    description: 'hpa: nothing to do, an HPA rests while replicas is 0. keda: its ScaledObject is paused while asleep.',
  }),
  name: objectName(
    'name is the name of the HorizontalPodAutoscaler or ScaledObject in this namespace, such as web',
    'Name of the HorizontalPodAutoscaler or of the ScaledObject.',
  ),
});
export type Autoscaler = z.infer<typeof Autoscaler>;

export const EnabledPeriod = z.looseObject({
  schedule: shaped({
    maxLength: 256,
    shape: CRON_SHAPE,
    message:
      'schedule is a cron expression of five fields (minute hour day month weekday), such as 0 22 * * 1-5; a time zone goes into timeZone',
    description: 'Cron expression of five fields (minute, hour, day, month, weekday): the starts of the period.',
  }).default('0 0 * * *'),
  duration: shaped({
    maxLength: 64,
    shape: GO_DURATION,
    message: 'duration is a number with a unit (h, m or s), such as 8h or 1h30m',
    description: 'How long the period lasts from each start, such as 8h or 90m.',
    more: [{ shape: /[1-9]/, message: 'duration is above zero, such as 8h' }],
  }).default('24h'),
  timeZone: shaped({
    maxLength: 64,
    shape: /^[A-Za-z][-+_A-Za-z0-9]*(\/[-+_A-Za-z0-9]+)*$/,
    message: 'timeZone is an IANA name, such as Europe/Berlin or UTC',
    description: 'IANA time zone of the schedule, such as Europe/Berlin. Default: UTC.',
  }).optional(),
});
export type EnabledPeriod = z.infer<typeof EnabledPeriod>;

const PathMatch = z.looseObject({
  type: z.enum(['Exact', 'PathPrefix', 'RegularExpression']).optional().meta({ description: 'Default: PathPrefix.' }),
  value: z.string().max(1024).optional().meta({ description: "Path, prefix or expression in Go's syntax to match." }),
});
const namedMatch = (what: string, maxValue: number) =>
  z.looseObject({
    name: z
      .string()
      .max(256)
      .meta({ description: `Name of the ${what}.` }),
    type: z.enum(['Exact', 'RegularExpression']).optional().meta({ description: 'Default: Exact.' }),
    value: z
      .string()
      .max(maxValue)
      .meta({ description: `Value or expression that the ${what} must match.` }),
  });

export const ProbeResponseRule = z.looseObject({
  path: PathMatch.optional().meta({ description: 'Which paths match. Default: all.' }),
  headers: z.array(namedMatch('header', 4096)).max(16).optional().meta({ description: 'Headers that must all match.' }),
  queryParams: z
    .array(namedMatch('query parameter', 1024))
    .max(16)
    .optional()
    .meta({ description: 'Query parameters that must all match.' }),
  method: z
    .enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'])
    .optional()
    .meta({ description: 'Method that must match. Default: any.' }),
  response: z
    .looseObject({
      status: z
        .literal([200, 204, 400, 401, 403, 404, 500, 502, 503, 504])
        .meta({ description: 'HTTP status to answer with.' }),
      body: z.string().meta({ description: 'Body to answer with.' }),
    })
    .meta({ description: 'What the resolver answers, without waking the service.' }),
});

const SILENT = 'write either silentWakeMilliseconds or neverWakeWhenSilent: true, not both';
const ResolverPortSettings = z
  .looseObject({
    port: z.int().min(1).max(65_535).meta({ description: 'Port of the Service.' }),
    silentWakeMilliseconds: z.int().min(0).max(60_000).optional().meta({
      description:
        'An open connection that has sent nothing for this long wakes too, since in some protocols the server speaks first. Default: 200.',
    }),
    neverWakeWhenSilent: z.boolean().optional().meta({
      description: 'true: only a connection that sends something wakes. Default: false.',
    }),
  })
  .refine(
    ({ silentWakeMilliseconds, neverWakeWhenSilent }) => silentWakeMilliseconds === undefined || !neverWakeWhenSilent,
    SILENT,
  )
  .meta(
    rules({
      rule: '!has(self.silentWakeMilliseconds) || !has(self.neverWakeWhenSilent) || !self.neverWakeWhenSilent',
      message: SILENT,
    }),
  );

// No defaults here: the resolver reads what is stored and fills them in itself.
export const ResolverSettings = z.looseObject({
  holdSeconds: z.int().min(1).max(3600).optional().meta({
    description: 'How long a connection is held at most until a pod is ready. Default: 300.',
  }),
  maxHeldConnections: z.int().min(1).max(100_000).optional().meta({
    description: 'How many connections each resolver holds at most; further ones are refused. Default: 10000.',
  }),
  coldStartHeader: z.boolean().optional().meta({
    description:
      'true: the first HTTP/1 answer on a connection that was held carries X-Elasti-Cold-Start. Default: false.',
  }),
  waitingPage: z.boolean().optional().meta({
    description: 'true: a browser gets a page that reloads itself instead of being held. Default: false.',
  }),
  ports: z
    .array(ResolverPortSettings)
    .max(64)
    .optional()
    .meta({
      description: 'What differs for single ports of the Service.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port'],
    }),
});
export type ResolverSettings = z.infer<typeof ResolverSettings>;

const AT_LEAST_ONE_TRIGGER =
  'write at least one trigger, with type: prometheus and metadata that has query and threshold';

export const ElastiServiceSpec = z.looseObject({
  service: shaped({
    maxLength: 63,
    shape: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    message:
      'service is the name of a Service in this namespace, such as web: lower-case letters, digits and -, no dots',
    description: 'Name of the public Service, in the namespace of the ElastiService.',
  }),
  scaleTargetRef: ScaleTargetRef.meta({ description: 'The workload behind the Service.' }),
  // KubeElasti stored objects without a default: absent and 0 both mean 1.
  minTargetReplicas: z
    .int()
    .min(0)
    .max(2_147_483_647)
    .default(1)
    .transform((n) => Math.max(1, n))
    .meta({
      description: 'Replicas that a wake raises the target to. No floor: above 0 an autoscaler or a person decides.',
      // What is stored may be 0, what is written may not.
      minimum: 1,
    }),
  cooldownPeriod: z.int().min(0).max(604_800).default(900).meta({
    description: 'Seconds that the triggers must have been idle before the target is scaled to 0.',
  }),
  triggers: z
    .array(Trigger)
    .min(1, AT_LEAST_ONE_TRIGGER)
    .max(32)
    .meta({
      description: 'What tells that the service is in use. Any active trigger keeps it awake.',
      ...rules({ rule: 'size(self) > 0', message: AT_LEAST_ONE_TRIGGER }),
    }),
  autoscaler: Autoscaler.optional().meta({ description: 'The autoscaler that acts on the same target.' }),
  enabledPeriod: EnabledPeriod.optional().meta({
    description: 'When the service may sleep. Outside of it the target is kept up. Default: always.',
  }),
  probeResponse: z
    .array(ProbeResponseRule)
    .max(32)
    .optional()
    .meta({ description: 'Requests that the resolver answers itself while the service sleeps, without waking it.' }),
  resolver: ResolverSettings.optional().meta({
    description: "How Elasti's own resolver holds connections. KubeElasti's does not read it.",
  }),
});
export type ElastiServiceSpec = z.infer<typeof ElastiServiceSpec>;

export const PHASES = ['Serving', 'Draining', 'Asleep', 'Waking', 'Holding', 'Blocked'] as const;
export type Phase = (typeof PHASES)[number];

const time = (description: string) => z.iso.datetime({ offset: true }).meta({ description });

export const Condition = z.looseObject({
  type: z.string().meta({ description: 'Ready, Asleep, SleepAllowed, Autoscaler, ResolverPorts or ProbeResponse.' }),
  status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether the condition holds.' }),
  reason: z.string().meta({ description: 'A stable PascalCase word for why.' }),
  message: z.string().meta({ description: 'The same as a sentence.' }),
  lastTransitionTime: time('When status last changed.'),
  observedGeneration: z.int().optional().meta({ description: 'Generation of the spec that this was judged from.' }),
});
export type Condition = z.infer<typeof Condition>;

/** A port of the Service beside the resolver's port that stands for it. */
export const ResolverPort = z.looseObject({
  port: z.int().meta({ description: 'Port of the Service.' }),
  resolverPort: z.int().meta({ description: 'Port of the resolver that takes its connections.' }),
});
export type ResolverPort = z.infer<typeof ResolverPort>;

/** Always recomputed from what is observed; a lost, restored or stale status costs time, never safety. */
export const ElastiServiceStatus = z.looseObject({
  observedGeneration: z
    .int()
    .optional()
    .meta({ description: 'Generation of the spec that this status was computed from.' }),
  mode: z
    .enum(['serve', 'proxy'])
    .optional()
    .meta({ description: 'serve: traffic goes to the pods only. proxy: also to the resolver.' }),
  phase: z.enum(PHASES).optional().meta({ description: 'Where the service stands between serving and sleeping.' }),
  phaseSince: time('When the phase began.').optional(),
  idleSince: time('Since when the triggers have been idle.').optional(),
  unknownSince: time('Since when the triggers could not be read.').optional(),
  redirectedSince: time(
    'Since when the private Service and every slice to the resolver were seen complete in the cluster; asleep, whichever resolvers the slices name.',
  ).optional(),
  redirectionHash: z
    .string()
    .optional()
    .meta({ description: 'Hash of uid and generation of the slices that redirectedSince was seen for.' }),
  readySince: time('Since when the own EndpointSlices of the Service have shown a ready endpoint.').optional(),
  drainedAt: time('When the last drain ended.').optional(),
  resolverGoneSince: time('Since when no ready resolver was seen while traffic depends on it.').optional(),
  servedWake: z.string().optional().meta({ description: 'The last wake token that was served.' }),
  sleptBy: z
    .literal('elasti')
    .optional()
    .meta({ description: 'elasti: a target at 0 replicas was put there by us. Absent: by somebody else.' }),
  wokenBy: z.string().optional().meta({ description: 'What raised the target last.' }),
  settleSeconds: z
    .number()
    .optional()
    .meta({ description: 'Current settle time, when longer than the configured one.' }),
  foreignRaises: z
    .array(time('When.'))
    .optional()
    .meta({ description: 'When somebody else raised the replicas of the sleeping target, latest last.' }),
  resolverPorts: z
    .array(ResolverPort)
    .optional()
    .meta({
      description: 'The ports of the resolver that are claimed for the ports of the Service.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port'],
    }),
  lastScaledUpTime: time('When the target last came up, or was kept up by a wake.').optional(),
  lastReconciledTime: time('When this status last changed.').optional(),
  conditions: z
    .array(Condition)
    .optional()
    .meta({
      description: 'Ready, Asleep, SleepAllowed, Autoscaler, ResolverPorts and ProbeResponse.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    }),
});
export type ElastiServiceStatus = z.infer<typeof ElastiServiceStatus>;
