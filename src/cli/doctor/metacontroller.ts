import { KubeApiError } from '../../errors.ts';
import { containersOf, DEPLOYMENTS, STATEFUL_SETS, Workload } from '../kube/kinds.ts';
import type { Kube } from '../kube/kube.ts';
import { countOf } from '../words.ts';
import { type Finding, findingsOf } from './finding.ts';
import { doesSelect } from './label-selector.ts';

const { ok, unknown, warning, problem } = findingsOf('metacontroller');

const OLDEST = [4, 17, 2] as const;
const PART_OF_ELASTI = { 'app.kubernetes.io/part-of': 'elasti' };
const SET_UP = 'put the component manifests/metacontroller over its manifests: manifests/README.md';

interface Instance {
  readonly object: string;
  readonly image: string;
  readonly flags: ReadonlyMap<string, string>;
  readonly ready: number;
}

/** Whether one Metacontroller serves us, of a version and with flags that were tried. */
export async function checkMetacontroller(kube: Kube): Promise<Finding[]> {
  const instances = await findInstances(kube);
  const serving = instances.filter(({ flags }) => doesSelect(flags.get('target-label-selector'), PART_OF_ELASTI));
  const [first] = serving;
  if (first === undefined) {
    const what = instances.length === 0 ? 'no workload runs its image' : 'the label selector of none picks Elasti';
    const why = 'nobody asks the hook service: nothing sleeps, and what sleeps is woken by wakes only';
    return [problem({ object: 'Metacontroller', what, why, todo: SET_UP })];
  }
  if (serving.length > 1) {
    const what = `${serving.map(({ object }) => object).join(' and ')} both serve Elasti`;
    const todo = 'run all others with --target-label-selector=app.kubernetes.io/part-of!=elasti';
    return [problem({ object: 'Metacontroller', what, why: 'two instances fight over the same children', todo })];
  }
  return [judgeReady(first), judgeVersion(first), ...judgeFlags(first)];
}

/** In all namespaces; where that is not allowed, in its own. */
async function findInstances(kube: Kube): Promise<Instance[]> {
  const listIn = async (namespace: string | undefined) => {
    const kinds = [
      ['StatefulSet', STATEFUL_SETS],
      ['Deployment', DEPLOYMENTS],
    ] as const;
    const lists = kinds.map(async ([kind, of]) => {
      const workloads = await kube.list(of, { namespace }, Workload);
      return workloads.flatMap((workload) => makeInstance(kind, workload) ?? []);
    });
    return (await Promise.all(lists)).flat();
  };
  try {
    return await listIn(undefined);
  } catch (error) {
    if (!(error instanceof KubeApiError) || error.code !== 'FORBIDDEN') throw error;
    return listIn('metacontroller');
  }
}

function makeInstance(kind: string, workload: Workload): Instance | undefined {
  const container = containersOf(workload).find(({ image }) => /(^|\/)metacontroller([:@]|$)/.test(image ?? ''));
  if (container === undefined) return undefined;
  const { namespace, name } = workload.metadata;
  return {
    object: `${kind} ${namespace}/${name}`,
    image: container.image ?? '',
    flags: readFlags([...(container.command ?? []), ...(container.args ?? [])]),
    ready: workload.status?.readyReplicas ?? 0,
  };
}

/** `--name=value` and `--name value`, as Go reads them. */
function readFlags(args: readonly string[]): ReadonlyMap<string, string> {
  const flags = args.flatMap((arg, i) => {
    const [, name, value] = /^--?([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    return name === undefined ? [] : [[name, value ?? args[i + 1] ?? ''] as const];
  });
  return new Map(flags);
}

function judgeReady({ object, ready }: Instance): Finding {
  if (ready > 0) return ok(object, `${countOf(ready, 'pod')} ready`);
  const why = 'nothing falls asleep, nothing is redirected anew, and only wakes still work';
  return problem({ object, what: 'no pod is ready', why, todo: `look at its pods and its log` });
}

function judgeVersion({ object, image }: Instance): Finding {
  const version = /:v?(\d+)\.(\d+)\.(\d+)/.exec(image)?.slice(1).map(Number);
  if (version === undefined) return unknown(object, `its image ${image} does not say which version it is`);
  const text = version.join('.');
  const differing = OLDEST.findIndex((part, i) => version[i] !== part);
  const isOld = differing !== -1 && (version[differing] ?? 0) < (OLDEST[differing] ?? 0);
  if (!isOld) return ok(object, `it is version ${text}`);
  const why = 'hooks of version v2, as they are used here, were tried with 4.17.2 and later';
  return problem({ object, what: `it is version ${text}`, why, todo: `take ${OLDEST.join('.')} or later` });
}

function judgeFlags({ object, flags }: Instance): Finding[] {
  const findings: Finding[] = [];
  const strategy = flags.get('apply-strategy');
  if (strategy !== 'server-side-apply') {
    const why = 'its default apply merges ports by number, and so loses entries of Services and EndpointSlices';
    findings.push(problem({ object, what: 'it runs without --apply-strategy=server-side-apply', why, todo: SET_UP }));
  }
  for (const [flag, least] of [
    ['workers', 10],
    ['client-go-qps', 50],
  ] as const) {
    const value = Number(flags.get(flag) ?? 5);
    if (value >= least) continue;
    const why = 'with more than a handful of ElastiServices their syncs come late';
    findings.push(warning({ object, what: `--${flag} is ${value}`, why, todo: SET_UP }));
  }
  return findings.length > 0 ? findings : [ok(object, 'it has the flags that Elasti needs')];
}
