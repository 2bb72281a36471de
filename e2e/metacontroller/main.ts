import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiClient } from './api-client.ts';
import { createDynamicApply, createServerSideApply } from './apply-child.ts';
import { Discovery } from './discovery.ts';
import { createEventRecorder } from './event-recorder.ts';
import { type Flags, parseFlags } from './flags.ts';
import { serveHealth } from './health.ts';
import { Informers } from './informers.ts';
import { createLogger } from './logger.ts';
import { Manager } from './manager.ts';
import { ObjectClient } from './object-client.ts';
import { createReadKey } from './read-key.ts';
import { TokenBucket } from './token-bucket.ts';

const SHUTDOWN_MS = 5000;

function crash(reason: string): never {
  process.stderr.write(`metacontroller stand-in: ${reason}\n`);
  process.exit(2);
}

function announce(line: string): void {
  process.stdout.write(`metacontroller stand-in: ${line}\n`);
}

async function start(flags: Flags): Promise<() => Promise<void>> {
  const logger = createLogger(flags.logLevel);
  const config = new KubeConfig();
  if (flags.kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(flags.kubeconfig);

  const bucket = () => new TokenBucket({ perSecond: flags.clientQps, burst: flags.clientBurst });
  const api = new ApiClient(config, bucket());
  // Events have a limit of their own, so that they do not slow the syncs down.
  const eventApi = new ApiClient(config, bucket());
  const objects = new ObjectClient(api);
  const discovery = new Discovery(api);
  const manager = new Manager({
    api,
    objects,
    discovery,
    informers: new Informers({ api, logger }),
    applyChild:
      flags.applyStrategy === 'dynamic-apply'
        ? createDynamicApply(objects)
        : createServerSideApply(objects, flags.fieldManager),
    recordEvent: createEventRecorder(eventApi, { perSecond: flags.eventsQps, burst: flags.eventsBurst }, logger),
    readKey: createReadKey(api),
    targetSelector: flags.targetSelector,
    workers: flags.workers,
    cacheFlushMs: flags.cacheFlushMs,
    logger,
    announce,
    crash,
  });
  const stopHealth = await serveHealth(flags.healthProbeBindAddress);
  announce('ready');
  return async () => {
    stopHealth();
    await manager.stop();
    api.close();
    eventApi.close();
  };
}

try {
  const stop = await start(parseFlags(process.argv.slice(2)));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      await Promise.race([stop(), sleep(SHUTDOWN_MS)]);
      process.exit(0);
    });
  }
} catch (error) {
  crash((error as Error).message);
}
