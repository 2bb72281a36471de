import { readFile } from 'node:fs/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { pino } from 'pino';
import { parse } from 'yaml';
import { ApiClient } from '../../e2e/metacontroller/api-client.ts';
import { createServerSideApply } from '../../e2e/metacontroller/apply-child.ts';
import { CompositeController } from '../../e2e/metacontroller/composite-controller.ts';
import type { CompositeControllerObject } from '../../e2e/metacontroller/composite-controller-spec.ts';
import { Discovery } from '../../e2e/metacontroller/discovery.ts';
import { Informers } from '../../e2e/metacontroller/informers.ts';
import { ObjectClient } from '../../e2e/metacontroller/object-client.ts';
import { TokenBucket } from '../../e2e/metacontroller/token-bucket.ts';

const MANIFEST = new URL('../../manifests/base/composite-controller.yaml', import.meta.url);
const CLIENT = { perSecond: 300, burst: 600 };
const CACHE_FLUSH_MS = 30 * 60_000;

export interface MetacontrollerOptions {
  readonly kubeConfig: KubeConfig;
  readonly hooksUrl: string;
  readonly workers?: number;
  /** As manifests/many-services has it: the hook service watches, and nothing is related. */
  readonly relatesNothing?: boolean;
}

/** Starts the stand-in for Metacontroller with the CompositeController of the manifests, its hooks at hooksUrl. */
export async function startMetacontroller({
  kubeConfig,
  hooksUrl,
  workers = 5,
  relatesNothing = false,
}: MetacontrollerOptions): Promise<{ stop(): Promise<void> }> {
  const api = new ApiClient(kubeConfig, new TokenBucket(CLIENT));
  const objects = new ObjectClient(api);
  const logger = pino({ level: 'silent' });
  const controller = await CompositeController.start(await readController(hooksUrl, relatesNothing), {
    objects,
    discovery: new Discovery(api),
    informers: new Informers({ api, logger }),
    applyChild: createServerSideApply(objects, 'metacontroller'),
    recordEvent: () => {},
    readKey: async (kind) => {
      throw new Error(`the demo has no ${kind}`);
    },
    logger,
    workers,
    cacheFlushMs: CACHE_FLUSH_MS,
    announce: () => {},
    crash: (reason) => {
      throw new Error(reason);
    },
  });
  return {
    stop: async () => {
      await controller.stop();
      api.close();
    },
  };
}

async function readController(hooksUrl: string, relatesNothing: boolean): Promise<CompositeControllerObject> {
  const { spec, ...rest } = parse(await readFile(MANIFEST, 'utf8')) as CompositeControllerObject;
  const hook = (path: string, timeout: string) => ({ version: 'v2', webhook: { url: `${hooksUrl}/${path}`, timeout } });
  const customize = relatesNothing ? {} : { customize: hook('customize', '3s') };
  const hooks = { ...customize, sync: hook('sync', '10s'), finalize: hook('finalize', '10s') };
  // Without a token, which would have to be kept secret.
  const { endpointConfigs: _endpointConfigs, ...ours } = spec;
  return { ...rest, spec: { ...ours, hooks } };
}
