/** Series for promtool, a sample a minute for an hour, under which an alert fires, and under which it just does not. */
export interface AlertCase {
  readonly fires: Readonly<Record<string, string>>;
  readonly rests: Readonly<Record<string, string>>;
}

const HOUR = 60;
/** A value that stays. */
const at = (value: number) => `${value}x${HOUR}`;
/** A counter that grows by so much a minute. */
const growing = (step: number, from = 0) => `${from}+${step}x${HOUR}`;
/** Nothing at all. */
const NEVER = '_x60';
/** Observations of a histogram a minute: up to the bound, and beyond it. */
const histogram = (name: string, bound: number, counts: { readonly within: number; readonly beyond: number }) => {
  const [metric, labels = ''] = name.split('{') as [string, string?];
  const rest = labels.replace('}', '');
  const bucket = (le: string) => `${metric}_bucket{${[rest, `le="${le}"`].filter(Boolean).join(',')}}`;
  return {
    [bucket(String(bound))]: growing(counts.within),
    [bucket(String(bound * 4))]: growing(counts.within + counts.beyond),
    [bucket('+Inf')]: growing(counts.within + counts.beyond),
  };
};
const phase = (name: string) => `elasti_phase{phase="${name}"}`;
const sync = (code: number) => `elasti_http_requests_total{route="/sync",code="${code}"}`;
const kube = (code: string) => `elasti_kube_requests_total{verb="patch",resource="deployments/scale",code="${code}"}`;
const query = (outcome: string) => `elasti_trigger_queries_total{outcome="${outcome}"}`;
const scale = (error: string) =>
  `elasti_operator_scale_counter{service_name="web",namespace="shop",target="Deployment-web",error="${error}"}`;
const COUNT = 'elasti_operator_informer_count{informer_name="elastiservices"}';
const SYNCS = 'elasti_sync_duration_seconds{hook="sync"}';

/** By the name of the alert. */
export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  ElastiHookServiceAbsent: { fires: { [phase('Asleep')]: NEVER }, rests: { [phase('Asleep')]: at(0) } },
  ElastiMetacontrollerSilent: {
    fires: { [sync(200)]: at(7), [COUNT]: at(3) },
    rests: { [sync(200)]: at(7), [COUNT]: at(0) },
  },
  ElastiHooksRefused: {
    fires: { [sync(401)]: growing(2) },
    rests: { [sync(200)]: growing(100), [sync(401)]: growing(1), [sync(429)]: growing(50) },
  },
  ElastiHooksSlow: {
    fires: histogram(SYNCS, 2.5, { within: 90, beyond: 10 }),
    rests: histogram(SYNCS, 2.5, { within: 1000, beyond: 5 }),
  },
  ElastiForbidden: {
    fires: { [kube('FORBIDDEN')]: growing(1) },
    rests: { [kube('FORBIDDEN')]: at(1), [kube('CONFLICT')]: growing(1) },
  },
  ElastiKubeApiFailing: {
    fires: { [kube('success')]: growing(80), [kube('TIMEOUT')]: growing(20) },
    rests: { [kube('success')]: growing(95), [kube('TIMEOUT')]: growing(5), [kube('NOT_FOUND')]: growing(50) },
  },
  ElastiTriggersUnknown: {
    fires: { [query('Timeout')]: growing(6), [query('BelowThreshold')]: growing(4) },
    rests: { [query('Timeout')]: growing(4), [query('BelowThreshold')]: growing(6) },
  },
  ElastiScaleFailing: {
    fires: { [scale('FORBIDDEN')]: growing(1) },
    rests: { [scale('success')]: growing(1), [scale('CONFLICT')]: growing(1) },
  },
  ElastiWakeSlow: {
    fires: histogram('elasti_wake_duration_seconds', 5, { within: 9, beyond: 1 }),
    rests: histogram('elasti_wake_duration_seconds', 5, { within: 99, beyond: 1 }),
  },
  ElastiNoReadyPod: { fires: { [phase('Holding')]: at(1) }, rests: { [phase('Holding')]: '1x10 0x50' } },
  ElastiBlocked: { fires: { [phase('Blocked')]: at(2) }, rests: { [phase('Blocked')]: '2x25 0x35' } },
  ElastiResolverAbsent: {
    fires: { elasti_resolver_listening_ports: NEVER },
    rests: { elasti_resolver_listening_ports: at(0) },
  },
  ElastiResolverRefuses: {
    fires: { 'elasti_resolver_refused_total{reason="connections"}': growing(1) },
    rests: { 'elasti_resolver_refused_total{reason="closing"}': growing(1) },
  },
  ElastiResolverHoldsLong: {
    fires: histogram('elasti_resolver_held_seconds', 60, { within: 9, beyond: 1 }),
    rests: histogram('elasti_resolver_held_seconds', 60, { within: 99, beyond: 1 }),
  },
  ElastiResolverWakesFail: {
    fires: { 'elasti_resolver_wakes_total{outcome="failed"}': growing(1) },
    rests: { 'elasti_resolver_wakes_total{outcome="token"}': growing(1) },
  },
  ElastiResolverBlind: {
    fires: { 'elasti_resolver_watches_total{resource="endpointslices",outcome="failed"}': growing(1) },
    rests: { 'elasti_resolver_watches_total{resource="endpointslices",outcome="watched"}': growing(5) },
  },
  ElastiResolverCannotListen: {
    fires: { elasti_resolver_listen_failures_total: growing(1) },
    rests: { elasti_resolver_listen_failures_total: at(3) },
  },
  ElastiResolverDialsFail: {
    fires: { 'elasti_resolver_dial_failures_total{code="ECONNREFUSED"}': growing(90) },
    rests: { 'elasti_resolver_dial_failures_total{code="ECONNREFUSED"}': growing(30) },
  },
};
