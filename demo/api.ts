/** What the demo's server and its page say to each other, as JSON over HTTP on the loopback address. */

export type Phase = 'Serving' | 'Draining' | 'Asleep' | 'Waking' | 'Holding' | 'Blocked';

/** `GET /api/state`, and each `state` event of `GET /api/events` (server-sent events, at most five a second). */
export interface DemoState {
  /** Wall clock of the demo's cluster, ISO 8601. */
  readonly now: string;
  readonly services: readonly ServiceState[];
  readonly resolvers: readonly ProcessState[];
  readonly hooks: readonly ProcessState[];
  readonly isPrometheusUp: boolean;
  readonly totals: Totals;
}

export interface Totals {
  readonly sent: number;
  readonly answered: number;
  /** Waiting at a resolver now. */
  readonly held: number;
  /** Refused, reset, or answered wrongly. The demo is there to show that it stays 0. */
  readonly lost: number;
  /** Seconds for which pods did not run that would have run without scale-to-zero. */
  readonly podSecondsSaved: number;
}

export interface ProcessState {
  readonly name: string;
  readonly isReady: boolean;
}

export interface ServiceState {
  readonly name: string;
  /** Where `curl` reaches it: the cluster address of the Service, as it were. */
  readonly url: string;
  /** Absent until the hooks have been called once. */
  readonly phase: Phase | undefined;
  readonly phaseSince: string | undefined;
  readonly mode: 'serve' | 'proxy' | undefined;
  readonly replicas: number;
  readonly pods: readonly PodState[];
  /** Where a new connection goes now, as the Service's programmed endpoints have it. */
  readonly routesTo: readonly ('pod' | 'resolver')[];
  /** The last decision in a sentence, from the conditions of the status. */
  readonly why: string;
  readonly isLoadOn: boolean;
  readonly sent: number;
  readonly held: number;
  readonly lost: number;
  /** The latest, oldest first; a few dozen at most. */
  readonly timeline: readonly TimelineEntry[];
}

export interface PodState {
  readonly name: string;
  readonly state: 'starting' | 'ready' | 'terminating';
}

export interface TimelineEntry {
  readonly at: string;
  readonly phase: Phase;
  readonly what: string;
  /** Of a wake only, in milliseconds: from the first request to the scale call, to the pod's readiness, to the answer. */
  readonly coldStart?: { readonly scaleMs: number; readonly readyMs: number; readonly answerMs: number };
}

/** Each `request` event of `GET /api/events`: one for each change of a request's state. */
export interface RequestEvent {
  readonly id: number;
  readonly service: string;
  readonly state: 'sent' | 'held' | 'answered' | 'lost';
  readonly via?: 'pod' | 'resolver';
  /** Since it was sent. */
  readonly ms?: number;
  /** Why it was lost. */
  readonly error?: string;
}

/** `GET /api/services/:name`: for the code pane. */
export interface ServiceDetail {
  readonly elastiServiceYaml: string;
  /** The latest call of /sync for it, JSON values; absent until there was one. */
  readonly lastHook?: { readonly request: unknown; readonly response: unknown; readonly at: string };
}

/**
 * `POST /api/actions/:action`, answered with 204, or with 400 and `{ message }`. Those of `SERVICE_ACTIONS` need
 * `{ "service": name }` in the body; `scale` also `{ "replicas": 0 to 3 }`, `load` also `{ "isOn": boolean }`.
 */
export const SERVICE_ACTIONS = ['send-one', 'send-hundred', 'load', 'idle', 'scale'] as const;
export const SYSTEM_ACTIONS = ['kill-resolver', 'kill-hook', 'break-prometheus', 'mend-prometheus'] as const;
export type Action = (typeof SERVICE_ACTIONS)[number] | (typeof SYSTEM_ACTIONS)[number];
