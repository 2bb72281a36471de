import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, forbidden, type Objects, startFakeCluster } from '../testing/fake-cluster.ts';
import {
  ASLEEP,
  CONDITIONS,
  EVENTS_PATH,
  elastiService,
  elastiServices,
  type Overrides,
  SCALE_PATH,
  scale,
} from '../testing/objects.ts';

const PROMETHEUS = '/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy/api/v1/query';
const value = (text: string) => ({
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: {}, value: [1, text] }] },
});

const event = (at: string, more: object) => ({ metadata: { creationTimestamp: at }, lastTimestamp: at, ...more });
const DRAINED = event(ago(300), {
  type: 'Normal',
  reason: 'DrainCancelled',
  message: 'TriggerActive: the value is at or above the threshold',
});
const FAILED = event(ago(60), { type: 'Warning', reason: 'SyncError', message: 'Sync error: timeout', count: 3 });

async function whyIn(t: Parameters<typeof startFakeCluster>[0], overrides: Overrides, more: Objects = {}) {
  const cluster = await startFakeCluster(t, {
    ...elastiServices(elastiService(overrides)),
    [SCALE_PATH]: scale(1),
    [PROMETHEUS]: value('0.2'),
    [EVENTS_PATH]: [],
    ...more,
  });
  return { ...cluster, ...(await cluster.run(['why', 'web'])) };
}

test('why one is up although it is idle: until when, by which reading, after which wake and Events', async (t) => {
  const { code, out, err, received } = await whyIn(
    t,
    {
      annotations: { 'elasti.truefoundry.com/wake': `${ago(7260)}/uuid` },
      status: { servedWake: `${ago(7260)}/uuid`, wokenBy: 'Wake' },
    },
    { [EVENTS_PATH]: [DRAINED, FAILED] },
  );
  assert.equal(
    out,
    `shop/web is up: traffic goes straight to its pods (for 2h).
Because: idle, and kept up until 2026-03-01T12:10:00.000Z (InCooldown).
Next: it sleeps if idle until then, 2026-03-01 12:10:00Z (in 10m).
Deployment/web has spec.replicas 1.

Conditions:
  Ready: yes for 2h, InCooldown: idle, and kept up until 2026-03-01T12:10:00.000Z.
  Asleep: no for 2h, Serving: idle, and kept up until 2026-03-01T12:10:00.000Z.
  SleepAllowed: yes for 2h, NothingPreventsIt: it sleeps when idle for the cooldown.

Triggers, asked just now:
  sum(rate(requests[1m])) is 0.2, below its threshold 0.5: idle.

Wake and sleep:
  The last wake, of 2026-03-01 09:59:00Z (2h1m ago), was served.
  It was last woken by a request, or a person, through a wake.
  Its triggers have been idle for 5m; its cooldown is 15m.

Events:
  1m ago Warning SyncError: Sync error: timeout (3 times)
  5m ago DrainCancelled: TriggerActive: the value is at or above the threshold
`,
  );
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  const events = received.find(({ url }) => url?.startsWith(EVENTS_PATH));
  const selector = new URLSearchParams(events?.url?.split('?')[1]).get('fieldSelector');
  assert.equal(selector, 'involvedObject.kind=ElastiService,involvedObject.name=web');
});

test('a message that is a sentence already gets no second full stop', async (t) => {
  const conditions = CONDITIONS.serving('TriggerActive', 'The value is at or above the threshold.');
  const { out } = await whyIn(t, { status: { conditions } });
  assert.match(out, /^Because: The value is at or above the threshold \(TriggerActive\)\.$/m);
  assert.match(out, /^ {2}Ready: yes for 2h, TriggerActive: The value is at or above the threshold\.$/m);
});

test('why one sleeps', async (t) => {
  const { out } = await whyIn(t, { status: ASLEEP }, { [SCALE_PATH]: scale(0) });
  assert.equal(
    out,
    `shop/web sleeps: replicas are 0, and the resolver holds what comes (for 1h).
Because: replicas are 0; a request or an active trigger wakes it (SleptByElasti).
Next: it wakes with a request or an active trigger.
Deployment/web has spec.replicas 0.

Conditions:
  Ready: yes for 2h, SleptByElasti: replicas are 0; a request or an active trigger wakes it.
  Asleep: yes for 2h, SleptByElasti: replicas are 0; a request or an active trigger wakes it.
  SleepAllowed: yes for 2h, NothingPreventsIt: it sleeps when idle for the cooldown.

Triggers, asked just now:
  sum(rate(requests[1m])) is 0.2, below its threshold 0.5: idle.
`,
  );
});

test('why one never sleeps, and what to do about it', async (t) => {
  const message = 'with traffic policy Local a node without a resolver would drop requests; use Cluster';
  const { out } = await whyIn(t, { status: { conditions: CONDITIONS.prevented('TrafficPolicyLocal', message) } });
  assert.match(out, /^Next: it stays up until TrafficPolicyLocal is mended\.$/m);
  assert.match(
    out,
    /^ {2}SleepAllowed: no for 2h, TrafficPolicyLocal: with .* Cluster\. To do: set internalTrafficPolicy and externalTrafficPolicy of the Service to Cluster\.$/m,
  );
});

test('rules for probes that match nothing, and what to do about them', async (t) => {
  const message = 'probeResponse[0] cannot be read';
  const { out } = await whyIn(t, { status: { conditions: CONDITIONS.probes('ProbeResponseInvalid', message) } });
  const told = 'ProbeResponse: no for 2h, ProbeResponseInvalid: probeResponse[0] cannot be read. To do: ';
  assert.ok(out.includes(`${told}correct the rules that are named.`), out);
});

test('a trigger that somebody else has to be asked about says so, in place of a value', async (t) => {
  const trigger = (metadata: object) => ({ type: 'prometheus', metadata: { query: 'q', threshold: 1, ...metadata } });
  const triggers = [
    trigger({ serverAddress: 'https://prometheus.example.com' }),
    trigger({ serverAddress: 'http://p.monitoring.svc.cluster.local:9090', headers: { 'X-Scope-OrgID': 'shop' } }),
    trigger({}),
    trigger({ serverAddress: 'http://refusing.monitoring:9090' }),
    trigger({ serverAddress: 'http://dead.monitoring:9090/base/' }),
    trigger({ serverAddress: 'http://busy.monitoring.svc:9090' }),
  ];
  const at = (service: string, base = '') =>
    `/api/v1/namespaces/monitoring/services/http:${service}:9090/proxy${base}/api/v1/query`;
  const { out } = await whyIn(
    t,
    { spec: { triggers } },
    {
      [at('refusing')]: forbidden,
      [at('dead', '/base')]: () => ({ code: 503, body: { kind: 'Status', message: 'no endpoints' } }),
      [at('busy')]: value('1'),
    },
  );
  assert.match(
    out,
    new RegExp(
      [
        '  q cannot be told from here: https://prometheus.example.com is no Service of this cluster.',
        '  q cannot be told from here: its Prometheus wants credentials, which are not sent from here.',
        '  q cannot be told from here: the address of its Prometheus is not known here.',
        '  q cannot be told from here: you may not use services/proxy there.',
        '  q gave nothing to go by: the API server cannot reach its Prometheus (no endpoints).',
        '  q is 1, not below its threshold 1: active.',
      ]
        .map(RegExp.escape)
        .join('\n'),
    ),
  );
});

test('why of a spec that cannot be read, of one without a status, and of one that is not there', async (t) => {
  const broken = await whyIn(t, { spec: { cooldownPeriod: -1 } });
  assert.match(
    broken.out,
    /^shop\/web has a spec that cannot be read: spec\.cooldownPeriod: .* To do: correct the field/,
  );
  const fresh = await whyIn(t, { status: { phase: undefined, conditions: undefined } });
  assert.match(fresh.out, /^shop\/web has no status yet: nobody has decided about it\. `elasti doctor` looks why\.$/m);
  const { code, err } = await fresh.run(['why', 'wobb']);
  assert.deepEqual({ code, err }, { code: 5, err: 'elasti: there is no ElastiService shop/wobb\n' });
});

test('as JSON it has the same as fields, and says where Events may not be read', async (t) => {
  const { run } = await whyIn(t, { status: { observedGeneration: 0 } }, { [EVENTS_PATH]: forbidden });
  const { out } = await run(['why', 'web', '-o', 'json']);
  const { conditions, ...rest } = JSON.parse(out);
  assert.deepEqual(rest, {
    namespace: 'shop',
    name: 'web',
    service: 'web',
    target: 'Deployment/web',
    replicas: 1,
    phase: 'Serving',
    since: '2026-03-01T10:00:00.000Z',
    mode: 'serve',
    decision: { reason: 'InCooldown', message: 'idle, and kept up until 2026-03-01T12:10:00.000Z' },
    next: { what: 'waits for a sync with its new spec', at: null },
    cooldownSeconds: 900,
    idleSince: '2026-03-01T11:55:00.000Z',
    triggers: [
      {
        query: 'sum(rate(requests[1m]))',
        threshold: 0.5,
        state: 'idle',
        value: 0.2,
        reason: 'The value is below the threshold.',
      },
    ],
    wake: null,
    will: { kind: 'none', until: null },
    wokenBy: null,
    isSpecNewer: true,
    isBeingDeleted: false,
    events: null,
  });
  assert.deepEqual(
    conditions.map(({ type, todo }: { type: string; todo: unknown }) => [type, todo]),
    [
      ['Ready', null],
      ['Asleep', null],
      ['SleepAllowed', null],
    ],
  );
});

test('what a person wants is told, and until when', async (t) => {
  const kept = await whyIn(t, {
    annotations: { 'elasti.truefoundry.com/keep-awake-until': '2026-03-01T14:00:00Z' },
    status: { conditions: CONDITIONS.serving('KeptAwake', 'kept awake by a person until 2026-03-01T14:00:00.000Z') },
  });
  assert.match(kept.out, /^Next: it may sleep again, 2026-03-01 14:00:00Z \(in 2h\)\.$/m);
  assert.match(kept.out, /^ {2}A person keeps it awake until 2026-03-01 14:00:00Z \(in 2h\)\.$/m);
  const off = await whyIn(t, {
    annotations: { 'elasti.truefoundry.com/sleep': 'off' },
    status: { conditions: CONDITIONS.prevented('SleepSwitchedOff', 'annotation ... says that it is not to sleep') },
  });
  assert.match(off.out, /^ {2}A person has switched its sleep off\.$/m);
  assert.match(off.out, /To do: remove the annotation elasti\.truefoundry\.com\/sleep when it may sleep again\.$/m);
});
