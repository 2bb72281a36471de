import Router from 'router';
import type { z } from 'zod';
import {
  CustomizeRequest,
  type CustomizeResponse,
  type FinalizeResponse,
  SyncRequest,
  type SyncResponse,
} from '../api/hooks.ts';
import { isSyncRequest } from '../api/is-sync-request.ts';
import { createBearerCheck } from './bearer.ts';
import { type BodyOptions, readJson } from './body.ts';
import type { Gate } from './gate.ts';
import { parseHookBody } from './parse-hook-body.ts';
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
export function createHooksRouter(deps: HooksRouterDeps): Router.Router {
  const router = Router();
  const assertBearer = createBearerCheck(deps.tokens);

  const addHook = <S extends z.ZodType<{ parent: SyncRequest['parent'] }>, A>(
    path: string,
    {
      schema,
      is,
      answer,
      fields,
    }: Pick<BodyOptions<S>, 'schema' | 'is'> & {
      answer(body: z.infer<S>, arrivedAtMs: number): Promise<A> | A;
      readonly fields: readonly (keyof A & string)[];
    },
  ) => {
    const handle = createRoute(path, deps, (req, res, _next, about) => {
      const arrivedAtMs = deps.monotonicMs();
      assertBearer(req.headers.authorization);
      // The gate comes before the body: bodies may be large, and the gate bounds how many are held.
      return deps.gate.pass(async () => {
        const body = await readJson(req, { schema, is, parse: parseHookBody, limitBytes: HOOK_BODY_LIMIT_BYTES });
        about.namespace = body.parent.metadata.namespace;
        about.name = body.parent.metadata.name;
        sendJson(res, 200, pick(await answer(body, arrivedAtMs), fields));
      });
    });
    router.route(path).post(handle).all(refuseOtherMethods('POST'));
  };

  const hook = { schema: SyncRequest, is: isSyncRequest };
  addHook('/sync', { ...hook, answer: deps.sync, fields: ['status', 'children', 'resyncAfterSeconds'] });
  addHook('/finalize', {
    ...hook,
    answer: deps.finalize,
    fields: ['status', 'children', 'resyncAfterSeconds', 'finalized'],
  });
  addHook('/customize', { schema: CustomizeRequest, answer: deps.customize, fields: ['relatedResources'] });
  return router;
}

function pick<A>(answer: A, fields: readonly (keyof A & string)[]): Partial<A> {
  const picked: Partial<A> = {};
  for (const field of fields) picked[field] = answer[field];
  return picked;
}
