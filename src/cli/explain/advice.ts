/** What a person can do about a reason that lasts until somebody does something. */
const ADVICE: Readonly<Record<string, string>> = {
  AnnotationInvalid: 'correct the annotation, or remove it',
  AutoscalerMissing: 'correct the name in spec.autoscaler, or create the ScaledObject',
  EnabledPeriodInvalid: 'correct spec.enabledPeriod',
  ExternalName: 'name a Service with a selector and a cluster IP in spec.service',
  ForeignEndpointSlice: 'delete the EndpointSlice of somebody else, or name another Service',
  Headless: 'put a Service with a cluster IP before the pods and name that one in spec.service',
  InvalidSpec: 'correct the field that is named',
  KedaPausedByOther: 'remove the annotation autoscaling.keda.sh/paused from the ScaledObject',
  KedaScalesToZero: 'set minReplicaCount of the ScaledObject to 1',
  NoSelector: 'name a Service with a selector in spec.service',
  NoTcpPort: 'name a Service with a TCP port in spec.service',
  ReplicasContested: 'let the GitOps controller ignore spec.replicas of the target, then change this ElastiService',
  Reserved: 'leave it: the namespaces of the system itself never sleep',
  ResolverLacksFamily: 'give the resolver an address in each family of the Service',
  ResolverNotListening: "install Elasti's own resolver, and let the hook service connect to its port 8013",
  ResolverNotReady: 'look why no pod of the resolver is ready',
  ResolverPortsExhausted: 'widen RESOLVER_PORT_RANGE; a freed port rests for an hour',
  ResolverPortsFull: 'delete ElastiServices that nobody needs',
  ResolverPortsUnknown: 'let the hook service read and write the ConfigMaps of the claimed ports',
  ScaleFailed: 'let the hook service patch the scale of the target: look at its ClusterRole',
  ServiceClaimed: 'delete one of the two ElastiServices',
  ServiceMissing: 'create the Service, or correct spec.service',
  SleepSwitchedOff: 'remove the annotation elasti.truefoundry.com/sleep when it may sleep again',
  TargetMissing: 'create the target, or correct spec.scaleTargetRef',
  TargetShared: 'nothing, if that is meant: both sleep once both are idle',
  TrafficPolicyLocal: 'set internalTrafficPolicy and externalTrafficPolicy of the Service to Cluster',
  TriggersUnknown: 'look at the Prometheus that the triggers name; nothing sleeps or wakes by it until it answers',
};

/** What to do about a reason; undefined where waiting is all that is needed. */
export const adviceFor = (reason: string): string | undefined => ADVICE[reason];
