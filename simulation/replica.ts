import type { Settings } from '../src/core/types.ts';
import type { Answers } from '../src/effects/answers.ts';
import type { CarryOut } from '../src/effects/carry-out.ts';
import { createEffects } from '../src/effects/create-effects.ts';
import type { Logger } from '../src/effects/ports.ts';
import type { AskResolver } from '../src/effects/resolver-pods.ts';
import { sweepClaims } from '../src/effects/sweep-claims.ts';
import type { Wakes } from '../src/effects/wake.ts';
import { createTriggers } from '../src/triggers/triggers.ts';
import { createClaimsCluster } from './claims.ts';
import { createCluster } from './cluster.ts';
import { familyOf, firstAddressOf } from './families.ts';
import { keyOf } from './objects.ts';
import { createProcess, type Process } from './process.ts';
import { SERVER } from './prometheus.ts';
import { createReplicaSight } from './sight.ts';
import type { Site, World } from './world.ts';

const ASK_TIMEOUT_MS = 500;

/** One replica of the hook service: the real code, on a process of the model. */
export interface Replica {
  readonly process: Process;
  readonly answers: Answers;
  readonly wakes: Wakes;
}

/** Composes a replica as `main` does, with the world in place of the outside. */
export function createReplica(world: World, name: string): Replica {
  const { mutant, checks, chance, prometheus } = world;
  const process = createProcess(world.scheduler, { name, offsetMs: world.clockOffsetMs() });
  const { clock } = process;
  const settings: Settings = mutant.settings?.(world.settings, name) ?? world.settings;
  const bare = createCluster(world, process);
  const cluster = mutant.cluster?.(bare, world) ?? bare;
  const send = prometheus.sendFor(process);
  const log = createLog(world, name);
  const triggers = createTriggers({
    clock,
    send: mutant.send?.(send) ?? send,
    readSecretKey: cluster.readSecretKey,
    settings: {
      defaultServerAddress: SERVER,
      defaultAuthorization: undefined,
      allowedServers: ['*'],
      allowLoopback: false,
      pollSeconds: settings.pollSeconds,
    },
    onBug: (error) => checks.bug(error),
  });
  const bareClaims = createClaimsCluster(world, process);
  const random = { next: chance.next, uuid: chance.uuid };
  const sight = settings.observedBy === 'watch' ? createReplicaSight(world, process) : undefined;
  const { answers, wakes, claims, nudges } = createEffects({
    sighted: sight && (mutant.sighted?.(sight) ?? sight),
    cluster,
    clock,
    random,
    log,
    triggers,
    settings,
    byPort: {
      cluster: mutant.claims?.(bareClaims) ?? bareClaims,
      sight: sight?.claims,
      ask: createAsk(world, process),
      portRange: world.portRange,
    },
    wrap: {
      registry: mutant.registry,
      resolver: mutant.resolver,
      carryOut: (carryOut) => watched(world, process, mutant.carryOut?.(carryOut) ?? carryOut),
    },
  });
  if (nudges) sight?.tell(nudges);
  if (claims) void sweepClaims({ claims, clock, random, log, onBug: checks.bug }, new AbortController().signal);
  return { process, answers: mutant.answers?.(answers, cluster) ?? answers, wakes };
}

/** Tells the checks of every patch that is carried out. */
function watched(world: World, process: Process, carryOut: CarryOut): CarryOut {
  const { places, checks, atZeroStep } = world;
  return async (patches, options) => {
    const { elastiService, observedAtMs } = options;
    const site = places.ofElastiService(keyOf(elastiService.namespace, elastiService.name)) as Site;
    const steps = patches.map((patch) => checks.stepStarted(site, { patch, by: process, observedAtMs, elastiService }));
    if (patches.some(({ kind }) => kind === 'sleep')) for (const interfere of atZeroStep) interfere(site, process);
    const outcomes = await carryOut(patches, options);
    for (const step of steps) step.end();
    return outcomes;
  };
}

/** Asks resolver pods what they say of themselves. */
function createAsk({ scheduler, chance, listeners, families }: World, from: Process): AskResolver {
  const isReached = (address: string) => !families.isGone(familyOf(address));
  return (address, path) =>
    new Promise((resolve, reject) => {
      scheduler.after(chance.between(0.5, 3), () => {
        const answer = isReached(address) ? listeners.get(firstAddressOf(address))?.answer?.(path) : undefined;
        scheduler.after(answer === undefined ? ASK_TIMEOUT_MS : 0, () =>
          from.deliver(() => {
            if (answer === undefined) reject(new Error('no answer'));
            else resolve(answer);
          }),
        );
      });
    });
}

function createLog(world: World, name: string): Logger {
  const write = (fields: object, message: string) => {
    const { namespace = '', service = '' } = fields as { namespace?: string; service?: string };
    const site = world.places.ofService(keyOf(namespace, service));
    world.tell(site, name, () => {
      const { outcome, patch } = fields as { outcome?: { kind: string; reason?: string }; patch?: string };
      return `${message} ${patch ?? ''} ${outcome?.kind ?? ''} ${outcome?.reason ?? ''}`;
    });
  };
  return {
    debug: write,
    info: write,
    warn: write,
    error: (fields, message) => {
      const { err } = fields as { err?: unknown };
      if (err !== undefined) world.checks.bug(err);
      write(fields, message);
    },
  };
}
