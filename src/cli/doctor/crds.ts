import { z } from 'zod';
import { GROUP, PLURAL, VERSION } from '../../api/elastiservice.ts';
import { CRDS, Crd } from '../kube/kinds.ts';
import type { Kube } from '../kube/kube.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, problem } = findingsOf('crds');

const OURS = `${PLURAL}.${GROUP}`;
const THEIRS = 'compositecontrollers.metacontroller.k8s.io';
const APPLY = 'kubectl apply -k manifests/default';

// What KubeElasti's own CRD lacks.
const HasOurStatus = z.looseObject({
  openAPIV3Schema: z.looseObject({
    properties: z.looseObject({
      status: z.looseObject({
        properties: z.looseObject({ conditions: z.unknown(), observedGeneration: z.unknown() }),
      }),
    }),
  }),
});

/** Whether the API server knows ElastiServices, as we need them, and Metacontroller's controllers. */
export async function checkCrds(kube: Kube): Promise<Finding[]> {
  const [ours, theirs] = await Promise.all([
    kube.read(CRDS, { name: OURS }, Crd),
    kube.read(CRDS, { name: THEIRS }, Crd),
  ]);
  return [judgeOurs(ours), judgeTheirs(theirs)];
}

function judgeOurs(crd: Crd | undefined): Finding {
  const object = `CustomResourceDefinition ${OURS}`;
  if (crd === undefined) {
    return problem({ object, what: 'it is missing', why: 'there can be no ElastiService', todo: APPLY });
  }
  const version = crd.spec.versions.find(({ name, served }) => name === VERSION && served);
  const isSelectable = version?.selectableFields?.some(({ jsonPath }) => jsonPath === '.spec.service') ?? false;
  if (!isEstablished(crd) || version === undefined) {
    const why = 'ElastiServices can neither be written nor read';
    return problem({
      object,
      what: `it does not serve ${VERSION}`,
      why,
      todo: `${APPLY}, then look at its conditions`,
    });
  }
  if (!isSelectable) {
    const why = 'a wake looks the ElastiService up by that field, and finds none';
    return problem({
      object,
      what: 'it does not let spec.service select',
      why,
      todo: `Kubernetes 1.32 or later, and ${APPLY}`,
    });
  }
  if (!HasOurStatus.safeParse(version.schema).success) {
    const why = 'the API server drops what the status says, so that no drain is ever seen to have begun';
    return problem({ object, what: 'it is another one than ours', why, todo: APPLY });
  }
  return ok(object, `it serves ${VERSION}`);
}

function judgeTheirs(crd: Crd | undefined): Finding {
  const object = `CustomResourceDefinition ${THEIRS}`;
  if (crd !== undefined && isEstablished(crd)) return ok(object, 'it is there');
  const why = 'Metacontroller is not installed, and without it nobody asks the hook service anything';
  return problem({
    object,
    what: 'it is missing',
    why,
    todo: 'install Metacontroller 4.17.2 or later: manifests/README.md',
  });
}

const isEstablished = ({ status }: Crd): boolean =>
  status?.conditions?.some(({ type, status: holds }) => type === 'Established' && holds === 'True') ?? false;
