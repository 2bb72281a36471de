import { API_VERSION, PLURAL } from '../../api/elastiservice.ts';
import { readyEndpoints } from '../../core/resources/resolver-slices.ts';
import type { Installation } from '../kube/installation.ts';
import { COMPOSITE_CONTROLLERS, CompositeController } from '../kube/kinds.ts';
import type { Kube } from '../kube/kube.ts';
import { type Finding, findingsOf } from './finding.ts';
import { isWatching } from './observing.ts';

const { ok, unknown, warning, problem } = findingsOf('composite-controller');

const HOOKS = ['sync', 'finalize', 'customize'] as const;
const APPLY = 'kubectl apply -k manifests/default';
const NEEDLESS = 'the hook service watches by itself, and yet each event is matched against every ElastiService';
const BLIND = 'the hook service hears of no Service and no EndpointSlice, so that it changes nothing';
const BOTH =
  'apply CompositeController and Deployment from one kustomization: both have manifests/many-services, or neither';

/** Whether Metacontroller has been told about us, and asks hooks that somebody answers. */
export async function checkCompositeController(kube: Kube, installation: Installation): Promise<Finding[]> {
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
    ...judgeHooks(object, controller, isWatching(installation)),
    ...judgeSpec(object, controller, installation),
    await checkBackend(object, controller, kube),
  ];
  const isFine = findings.every(({ level }) => level === 'ok');
  return isFine ? [ok(object, 'its hooks are ours'), ...findings] : findings;
}

function judgeHooks(object: string, { spec }: CompositeController, isWatching: boolean): Finding[] {
  return HOOKS.flatMap((name) => {
    const hook = spec.hooks?.[name];
    const isThere = hook?.webhook?.url != null;
    if (name === 'customize' && isWatching) {
      return isThere ? [warning({ object, what: 'it has a customize hook', why: NEEDLESS, todo: BOTH })] : [];
    }
    if (!isThere) {
      const why = name === 'customize' ? BLIND : 'without this hook it does not do what it is for';
      const todo = name === 'customize' ? BOTH : APPLY;
      return [problem({ object, what: `it has no ${name} hook`, why, todo })];
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
