import { z } from 'zod';
import { ProbeResponseRule, ResolverSettings } from '../../api/elastiservice.ts';
import type { RouteSettings } from '../ports.ts';

/** What an ElastiService asks of the resolver for all its ports, defaults filled in. */
export interface ElastiServiceSettings extends Omit<RouteSettings, 'silentWakeMs'> {
  /** By port of the Service; where there is none, the default holds. */
  readonly silentWakeMs: ReadonlyMap<number, number | undefined>;
}

const SILENT_WAKE_MS = 200;

/** Where an ElastiService asks for nothing, or is not known. */
export const DEFAULT_SETTINGS: ElastiServiceSettings = {
  holdSeconds: 300,
  maxHeldConnections: 10_000,
  hasColdStartHeader: false,
  hasWaitingPage: false,
  probeResponses: [],
  silentWakeMs: new Map(),
};

// The API server has checked all this; a field that it let through all the same falls back alone.
const fields = ResolverSettings.shape;
const Port = fields.ports.unwrap().element;

/** All that is kept of an ElastiService; what it asks for stays as it came until it is read. */
export const KeptElastiService = z.object({
  metadata: z.object({ uid: z.string().min(1) }),
  spec: z.object({ probeResponse: z.unknown().optional(), resolver: z.unknown().optional() }).optional(),
});
export type KeptElastiService = z.infer<typeof KeptElastiService>;

/** Reads what an ElastiService asks of the resolver. A part that cannot be read is told of and left at its default. */
export function readSettings(
  { spec }: Pick<KeptElastiService, 'spec'>,
  onMalformed: (field: string) => void,
): ElastiServiceSettings {
  if (spec?.probeResponse == null && spec?.resolver == null) return DEFAULT_SETTINGS;
  const read = <T>(schema: z.ZodType<T>, value: unknown, field: string): T | undefined => {
    if (value === undefined || value === null) return undefined;
    const parsed = schema.safeParse(value);
    if (!parsed.success) onMalformed(field);
    return parsed.data;
  };
  const readAll = <T>(schema: z.ZodType<T>, list: unknown, field: string): T[] =>
    (read(z.array(z.unknown()), list, field) ?? []).flatMap((item, index) => {
      const parsed = read(schema, item, `${field}[${index}]`);
      return parsed === undefined ? [] : [parsed];
    });

  const resolver = read(z.record(z.string(), z.unknown()), spec.resolver, 'resolver') ?? {};
  const readField = <T>(schema: z.ZodType<T>, field: string) => read(schema, resolver[field], `resolver.${field}`);
  const ports = readAll(Port, resolver.ports, 'resolver.ports');
  const silence = (port: (typeof ports)[number]) =>
    port.neverWakeWhenSilent ? undefined : (port.silentWakeMilliseconds ?? SILENT_WAKE_MS);
  return {
    holdSeconds: readField(fields.holdSeconds, 'holdSeconds') ?? DEFAULT_SETTINGS.holdSeconds,
    maxHeldConnections:
      readField(fields.maxHeldConnections, 'maxHeldConnections') ?? DEFAULT_SETTINGS.maxHeldConnections,
    hasColdStartHeader: readField(fields.coldStartHeader, 'coldStartHeader') ?? false,
    hasWaitingPage: readField(fields.waitingPage, 'waitingPage') ?? false,
    probeResponses: readAll(ProbeResponseRule, spec.probeResponse, 'probeResponse'),
    silentWakeMs: new Map(ports.map((port) => [port.port, silence(port)])),
  };
}

/** The settings of one port of the Service. */
export function settingsOfPort(settings: ElastiServiceSettings, port: number): RouteSettings {
  const { silentWakeMs: byPort, ...shared } = settings;
  return { ...shared, silentWakeMs: byPort.has(port) ? byPort.get(port) : SILENT_WAKE_MS };
}
