import type { ServerResponse } from 'node:http';
import type Router from 'router';
import { Refusal } from './refusal.ts';

type RequestHandler = Router.RequestHandler;
/** Where it is kept for the error handler. */
type Answering = ServerResponse & { about?: About };

/** What the log and the error report say about a request; the names come in once the body is parsed. */
export interface About {
  readonly route: string;
  namespace?: string;
  name?: string;
}

export interface RouteDeps {
  monotonicMs(): number;
  /** Told once for every request that reached a route, when its answer is out or its client gone (499). */
  onRequest?(route: string, code: number, seconds: number): void;
}

/** Makes the handler of one route: times it and tells the error handler what the request is about. */
export function createRoute(
  route: string,
  deps: RouteDeps,
  answer: (...args: [...Parameters<RequestHandler>, About]) => Promise<void> | void,
): RequestHandler {
  return (req, res, next) => {
    const startedAtMs = deps.monotonicMs();
    const about: About = { route };
    (res as Answering).about = about;
    if (deps.onRequest !== undefined) {
      res.once('close', () => {
        const code = res.writableFinished ? res.statusCode : 499;
        deps.onRequest?.(route, code, (deps.monotonicMs() - startedAtMs) / 1000);
      });
    }
    return answer(req, res, next, about);
  };
}

/** What is known about the request behind this response; undefined where no route took it. */
export function aboutOf(res: ServerResponse): About | undefined {
  return (res as Answering).about;
}

/** Makes the handler that refuses every other method of a route. */
export function refuseOtherMethods(allow: string): RequestHandler {
  return () => {
    throw new Refusal(405, 'METHOD_NOT_ALLOWED', `only ${allow} is allowed here`, { Allow: allow });
  };
}

/** Answers where no route took the request. */
export const refuseUnknownPath: RequestHandler = () => {
  throw new Refusal(404, 'NOT_FOUND', 'there is no such route');
};
