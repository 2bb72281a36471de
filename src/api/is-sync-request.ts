import { SERVICES, SLICES, type SyncRequest } from './hooks.ts';

// The schema once more, by hand, for the hot path: a hook checks every object of a body, and the schema's compiled form
// copies each of them, which costs as much as parsing half of the body. A test holds the two together.

/** Whether the schema SyncRequest takes this parsed JSON; false may also mean that only the schema can tell. */
export function isSyncRequest(value: unknown): value is SyncRequest {
  return (
    isRecord(value) &&
    isParent(value.parent) &&
    isGroups(value.children) &&
    isGroups(value.related) &&
    typeof value.finalizing === 'boolean'
  );
}

type Json = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isNumber = (value: unknown): boolean => value === undefined || typeof value === 'number';
const isFlag = (value: unknown): boolean => value == null || typeof value === 'boolean';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);

function isTexts(value: unknown): boolean {
  if (value === undefined) return true;
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
}

function isList(value: unknown, is: (item: Json) => boolean): boolean {
  if (!Array.isArray(value)) return false;
  for (const item of value) if (!(isRecord(item) && is(item))) return false;
  return true;
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function isMeta(value: unknown): value is Json {
  return (
    isRecord(value) &&
    typeof value.name === 'string' &&
    isText(value.namespace) &&
    isText(value.uid) &&
    isNumber(value.generation) &&
    isText(value.resourceVersion) &&
    isText(value.creationTimestamp) &&
    isText(value.deletionTimestamp) &&
    isTexts(value.labels) &&
    (value.ownerReferences === undefined || isList(value.ownerReferences, isOwner))
  );
}

const isOwner = ({ kind, name, uid, controller }: Json): boolean =>
  typeof kind === 'string' &&
  typeof name === 'string' &&
  typeof uid === 'string' &&
  (controller === undefined || typeof controller === 'boolean');

function isParent(value: unknown): boolean {
  if (!isRecord(value) || value.spec === undefined || !isMeta(value.metadata)) return false;
  const { namespace, uid, generation, annotations } = value.metadata;
  return (
    typeof namespace === 'string' && typeof uid === 'string' && typeof generation === 'number' && isTexts(annotations)
  );
}

function isGroups(value: unknown): boolean {
  return isRecord(value) && isGroup(value[SERVICES], isService) && isGroup(value[SLICES], isSlice);
}

function isGroup(value: unknown, is: (object: Json) => boolean): boolean {
  if (value === undefined) return true;
  if (!isRecord(value)) return false;
  for (const object of Object.values(value)) if (!(isRecord(object) && is(object))) return false;
  return true;
}

function isService({ metadata, spec }: Json): boolean {
  return (
    isMeta(metadata) &&
    isRecord(spec) &&
    isText(spec.type) &&
    isText(spec.clusterIP) &&
    (spec.ipFamilies === undefined || isTextList(spec.ipFamilies)) &&
    isTexts(spec.selector) &&
    (spec.ports === undefined || isList(spec.ports, isServicePort)) &&
    (spec.publishNotReadyAddresses === undefined || typeof spec.publishNotReadyAddresses === 'boolean') &&
    isText(spec.internalTrafficPolicy) &&
    isText(spec.externalTrafficPolicy)
  );
}

const isServicePort = ({ name, port, protocol, targetPort, appProtocol }: Json): boolean =>
  isText(name) &&
  typeof port === 'number' &&
  isText(protocol) &&
  (isText(targetPort) || typeof targetPort === 'number') &&
  isText(appProtocol);

function isSlice({ metadata, addressType, endpoints, ports }: Json): boolean {
  return (
    isMeta(metadata) &&
    typeof addressType === 'string' &&
    (endpoints == null || isList(endpoints, isEndpoint)) &&
    (ports == null || isList(ports, isSlicePort))
  );
}

const isEndpoint = ({ addresses, conditions, nodeName, zone, targetRef }: Json): boolean =>
  isTextList(addresses) &&
  (conditions === undefined ||
    (isRecord(conditions) &&
      isFlag(conditions.ready) &&
      isFlag(conditions.serving) &&
      isFlag(conditions.terminating))) &&
  isText(nodeName) &&
  isText(zone) &&
  (targetRef === undefined || (isRecord(targetRef) && isText(targetRef.uid)));

const isSlicePort = ({ name, port, protocol, appProtocol }: Json): boolean =>
  isTextOrNull(name) && (port === null || isNumber(port)) && isTextOrNull(protocol) && isTextOrNull(appProtocol);
