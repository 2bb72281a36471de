import { Router } from 'express';
import { z } from 'zod';
import {
  CustomizeRequest,
  type CustomizeResponse,
  type FinalizeResponse,
  SyncRequest,
  type SyncResponse,
} from '../api/hooks.ts';
import { createBearerCheck } from './bearer.ts';
import { readJson } from './body.ts';
import type { Gate } from './gate.ts';
import { createRoute, type RouteDeps, refuseOtherMethods } from './route.ts';
import { sendJson } from './send-json.ts';

export interface HooksRouterDeps extends RouteDeps {
  /** arrivedAtMs is on the monotonic clock, from before the body was read: deadlines run from it. */
  sync(body: SyncRequest, arrivedAtMs: number): Promise<SyncResponse>;
  finalize(body: SyncRequest, arrivedAtMs: number): Promise<FinalizeResponse>;
  customize(body: CustomizeRequest): CustomizeResponse;
  /** Bearer tokens that are accepted now; empty: no authentication. */
  readonly tokens: () => readonly string[];
  readonly gate: Gate;
}

/** Real bodies are 13 to 30 KB; a Service with thousands of endpoints reaches a few MB. */
const HOOK_BODY_LIMIT_BYTES = 16 * 1024 * 1024;

/** Makes the routes of Metacontroller's hooks. Only the fields of the wire types are sent, whatever the answer carries besides. */
export function createHooksRouter(deps: HooksRouterDeps): Router {
  const router = Router();
  const assertBearer = createBearerCheck(deps.tokens);

  const addHook = <S extends z.ZodType<{ parent: SyncRequest['parent'] }>>(
    path: string,
    schema: S,
    answer: (body: z.infer<S>, arrivedAtMs: number) => Promise<unknown>,
  ) => {
    const compiled = z.compile(schema);
    const handle = createRoute(path, deps, (req, res, _next, about) => {
      const arrivedAtMs = deps.monotonicMs();
      assertBearer(req.headers.authorization);
      // The gate comes before the body: bodies may be large, and the gate bounds how many are held.
      return deps.gate.pass(async () => {
        const body = await readJson(req, { schema: compiled, limitBytes: HOOK_BODY_LIMIT_BYTES });
        about.namespace = body.parent.metadata.namespace;
        about.name = body.parent.metadata.name;
        sendJson(res, 200, await answer(body, arrivedAtMs));
      });
    });
    router.route(path).post(handle).all(refuseOtherMethods('POST'));
  };

  addHook('/sync', SyncRequest, async (body, arrivedAtMs) => {
    const { status, children, resyncAfterSeconds } = await deps.sync(body, arrivedAtMs);
    return { status, children, resyncAfterSeconds };
  });
  addHook('/finalize', SyncRequest, async (body, arrivedAtMs) => {
    const { status, children, resyncAfterSeconds, finalized } = await deps.finalize(body, arrivedAtMs);
    return { status, children, resyncAfterSeconds, finalized };
  });
  addHook('/customize', CustomizeRequest, async (body) => {
    const { relatedResources } = deps.customize(body);
    return { relatedResources };
  });
  return router;
}
