import express, { type NextFunction, type Request, type Response } from 'express';
import type { Cluster } from '../cluster.ts';
import { SERVICES } from '../settings.ts';
import { makeDetail, makeState } from '../state.ts';
import { ActionError, carryOut, isAction } from './actions.ts';
import type { EventStream } from './event-stream.ts';
import { refuseOthers } from './guard.ts';
import { readStaticFile } from './static-files.ts';

// Nothing is fetched from anywhere else, and nobody else shows the page in theirs.
const POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'";

/** Makes the app behind the page: the API of api.ts, and the page's files. */
export function createPageApp(cluster: Cluster, events: EventStream): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_req, res, next) => {
    res.set({ 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    next();
  });
  app.use(refuseOthers);
  app.get('/api/state', (_req, res) => void res.json(makeState(cluster)));
  app.get('/api/events', (_req, res) => events.add(res));
  app.get('/api/services/:name', ({ params }, res) => {
    if (SERVICES.some(({ name }) => name === params.name)) res.json(makeDetail(cluster, params.name));
    else res.status(404).json({ message: `there is no service ${params.name}` });
  });
  // Whatever curl says it is.
  app.post('/api/actions/:action', express.text({ type: () => true, limit: '1kb' }), ({ params, body }, res) => {
    const { action } = params;
    if (action === undefined || !isAction(action)) throw new ActionError(`there is no action ${action}`);
    carryOut(cluster, action, parseJson(body));
    res.status(204).end();
  });
  app.get(/.*/, async ({ path }, res) => {
    const file = await readStaticFile(path);
    if (file) res.type(file.type).send(file.body);
    else res.status(404).json({ message: `there is no ${path}` });
  });
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const isTheirs = error instanceof ActionError || ((error as { status?: number }).status ?? 500) < 500;
    if (!isTheirs) cluster.say('demo', error instanceof Error ? (error.stack ?? error.message) : String(error));
    res.status(isTheirs ? 400 : 500).json({ message: isTheirs ? (error as Error).message : 'internal error' });
  });
  return app;
}

function parseJson(body: unknown): unknown {
  if (typeof body !== 'string' || body === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new ActionError('the body is not JSON');
  }
}
