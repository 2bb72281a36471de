import { ElastiServiceSpec, ElastiServiceStatus, GROUP, PLURAL, VERSION } from '../src/api/elastiservice.ts';
import { makeStructuralSchema } from './structural-schema.ts';

/** The CustomResourceDefinition of ElastiService. Fields, defaults, limits and rules all come from the zod schemas. */
export function makeCrd(): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: 'ElastiService',
        listKind: 'ElastiServiceList',
        plural: PLURAL,
        singular: 'elastiservice',
        shortNames: ['elasti'],
        categories: ['all'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          // The wake route finds the ElastiService of a Service by this.
          selectableFields: [{ jsonPath: '.spec.service' }],
          additionalPrinterColumns,
          schema: { openAPIV3Schema: makeSchema() },
        },
      ],
    },
  };
}

const additionalPrinterColumns = [
  { name: 'Mode', type: 'string', jsonPath: '.status.mode', description: 'serve or proxy.' },
  { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'Between serving and sleeping.' },
  { name: 'Target', type: 'string', jsonPath: '.spec.scaleTargetRef.name', description: 'The workload scaled.' },
  { name: 'Service', type: 'string', jsonPath: '.spec.service', description: 'The public Service.' },
  {
    name: 'Reason',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
    description: 'Why the ElastiService is ready or not.',
  },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since the creation.' },
  {
    name: 'Last scaled up',
    type: 'date',
    jsonPath: '.status.lastScaledUpTime',
    priority: 1,
    description: 'Since the target last came up.',
  },
];

/** The schema of an ElastiService, described throughout. */
export function makeSchema() {
  return {
    type: 'object',
    description:
      'Names a Service and the workload behind it, which sleeps while its triggers are idle and wakes by traffic.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: 'Version of this schema.' },
      kind: { type: 'string', description: 'ElastiService.' },
      metadata: { type: 'object' },
      spec: { ...makeStructuralSchema(ElastiServiceSpec), description: 'What is wanted.' },
      status: { ...makeStructuralSchema(ElastiServiceStatus), description: 'What was last observed.' },
    },
  };
}
