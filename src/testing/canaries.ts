import { requestOf, WORLD } from '../core/testing/world.ts';

/** A secret of its own for each place where one may enter the service. */
export const CANARIES = {
  hookToken: 'canary-hook-token',
  prometheusAuthorization: 'canary-prometheus-authorization',
  sentryKey: 'canarysentrykey',
  collectorHeader: 'canary-collector-header',
  traceparentNoise: 'canary-traceparent',
  kubeToken: 'canary-kube-token',
  secretHeader: 'canary-secret-header',
  plainHeader: 'canary-plain-header',
  query: 'canary_query',
  serverPath: 'canary-server-path',
  annotation: 'canary-annotation',
  probeBody: 'canary-probe-body',
  prometheusAnswer: 'canary-prometheus-answer',
  apiAnswer: 'canary-api-answer',
  wrongToken: 'canary-wrong-token',
  malformedHook: 'canary-malformed-hook',
  malformedWake: 'canary-malformed-wake',
} as const;

/** A hook request whose ElastiService holds secrets wherever it can. */
export function makeBody(prometheusPort: number) {
  const trigger = (metadata: object) => ({ type: 'prometheus', metadata: { threshold: '0.5', ...metadata } });
  const spec = {
    ...WORLD.spec,
    cooldownPeriod: 0,
    triggers: [
      // To the environment's server, with its Authorization.
      trigger({ query: `${CANARIES.query}_environment` }),
      trigger({
        query: `${CANARIES.query}{token="x"}`,
        serverAddress: `http://127.0.0.1:${prometheusPort}/${CANARIES.serverPath}`,
        headers: { 'X-Plain': CANARIES.plainHeader },
        secretHeaders: { Authorization: { name: 'login', key: 'authorization' } },
      }),
    ],
    probeResponse: [{ response: { status: 200, body: CANARIES.probeBody } }],
  };
  // It was serving, and now has no pod: that is worth an Event.
  const status = { mode: 'serve', phase: 'Serving', phaseSince: '2026-03-01T09:00:00Z', observedGeneration: 1 };
  const body = JSON.parse(JSON.stringify(requestOf({ ...WORLD, spec, status, pods: [] })));
  body.parent.metadata.annotations = {
    'example.com/note': CANARIES.annotation,
    'elasti.truefoundry.com/wake': `2026-03-01T12:00:00Z/${CANARIES.annotation}`,
    'elasti.truefoundry.com/keep-awake-until': CANARIES.annotation,
  };
  body.parent.metadata.managedFields = [{ manager: CANARIES.annotation }];
  body.controller = {};
  return body;
}
