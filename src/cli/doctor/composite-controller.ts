import { API_VERSION, PLURAL } from '../../api/elastiservice.ts';
import { readyEndpoints } from '../../core/resources/resolver-slices.ts';
import { type Installation, isWatching } from '../kube/installation.ts';
import { COMPOSITE_CONTROLLERS, CompositeController } from '../kube/kinds.ts';
import type { Kube } from '../kube/kube.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, unknown, warning, problem } = findingsOf('composite-controller');

const HOOKS = ['sync', 'finalize', 'customize'] as const;
const APPLY = 'kubectl apply -k manifests/default';

/** Whether Metacontroller has been told about us, and asks hooks that somebody answers. */
export async function checkCompositeController(
  kube: Kube,
  installation: Installation,
  count: number,
): Promise<Finding[]> {
  const all = await kube.list(COMPOSITE_CONTROLLERS, {}, CompositeController);
  const ours = all.filter(
    ({ spec: { parentResource } }) => parentResource.apiVersion === API_VERSION && parentResource.resource === PLURAL,
  );
  const [controller] = ours;
  if (controller === undefined) {
    const why = 'Metacontroller does not know that ElastiServices are any business of ours';
    return [problem({ object: 'CompositeController', what: `none is for ${PLURAL}`, why, todo: APPLY })];
  }
  if (ours.length > 1) {
    const names = ours.map(({ metadata }) => metadata.name).join(' and ');
    const what = `${names} are both for ${PLURAL}`;
    const why = 'they fight over the same children and the same status';
    return [problem({ object: 'CompositeController', what, why, todo: 'delete all but one' })];
  }
  const object = `CompositeController ${controller.metadata.name}`;
  const findings = [
    ...judgeHooks(object, controller, installation),
    ...judgeCount(object, count, installation),
    ...judgeSpec(object, controller, installation),
    await checkBackend(object, controller, kube),
  ];
  const isFine = findings.every(({ level }) => level === 'ok');
  return isFine ? [ok(object, 'its hooks are ours'), ...findings] : findings;
}

/** From here on Metacontroller falls behind: it matches each event against every ElastiService. */
const MANY = 1000;
const MANY_SERVICES = 'add the component manifests/many-services to your kustomization';

function judgeCount(object: string, count: number, installation: Installation): Finding[] {
  if (count <= MANY || isWatching(installation)) return [];
  const why = 'Metacontroller matches each event of a Service or its slices against all of them, and falls behind';
  return [warning({ object, what: `it serves ${count} ElastiServices`, why, todo: MANY_SERVICES })];
}

function judgeHooks(object: string, { spec }: CompositeController, installation: Installation): Finding[] {
  return HOOKS.flatMap((name) => {
    const hook = spec.hooks?.[name];
    if (name === 'customize' && isWatching(installation)) {
      if (hook == null) return [];
      const why = 'the hook service watches by itself, so that what Metacontroller relates only costs time';
      return [warning({ object, what: 'it has a customize hook still', why, todo: MANY_SERVICES })];
    }
    if (hook?.webhook?.url == null) {
      const why = 'without one of its three hooks it does not do what it is for';
      return [problem({ object, what: `it has no ${name} hook`, why, todo: APPLY })];
    }
    if (hook.version === 'v2') return [];
    const why = 'our answers are of version v2, and would be read wrongly';
    return [problem({ object, what: `its ${name} hook is of version ${hook.version ?? 'v1'}`, why, todo: APPLY })];
  });
}

function judgeSpec(object: string, controller: CompositeController, { environment }: Installation): Finding[] {
  const { parentResource, endpointConfigs } = controller.spec;
  const findings: Finding[] = [];
  if (parentResource.ignoreStatusChanges !== true) {
    const why = 'each status that it writes begins another sync';
    findings.push(warning({ object, what: 'it does not ignore changes of the status', why, todo: APPLY }));
  }
  const hosts = (endpointConfigs ?? []).flatMap(({ host, authorization }) => (authorization == null ? [] : [host]));
  const needsToken = environment.HOOK_TOKEN_FILE !== undefined || environment.HOOK_TOKEN !== undefined;
  const unauthorized = urlsOf(controller).find((url) => !hosts.includes(url.host));
  if (needsToken && unauthorized !== undefined) {
    const what = `no entry of endpointConfigs with an authorization has the host ${unauthorized.host}`;
    const why = 'Metacontroller sends no token, and the hook service refuses it';
    findings.push(problem({ object, what, why, todo: 'write exactly host:port of the hooks into endpointConfigs' }));
  }
  return findings;
}

const urlsOf = ({ spec }: CompositeController): URL[] =>
  HOOKS.flatMap((name) => URL.parse(spec.hooks?.[name]?.webhook?.url ?? '') ?? []);

async function checkBackend(object: string, controller: CompositeController, { cluster }: Kube): Promise<Finding> {
  const [url] = urlsOf(controller);
  const [service, namespace] = url?.hostname.split('.') ?? [];
  if (service === undefined || namespace === undefined) {
    return unknown(object, 'its hooks have no address of a Service in the cluster');
  }
  const slices = await cluster.listSlices(namespace, service);
  const isAnswered = slices.some((slice) => readyEndpoints(slice).length > 0);
  if (isAnswered) return ok(object, `Service ${namespace}/${service}, which its hooks go to, has ready pods`);
  const what = `Service ${namespace}/${service}, which its hooks go to, has no ready pod`;
  const why = 'every sync fails: nothing falls asleep, and nothing is redirected anew';
  return problem({
    object,
    what,
    why,
    todo: 'look at the Deployment of the hook service and at the selector of that Service',
  });
}
