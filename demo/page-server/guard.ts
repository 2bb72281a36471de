import type { NextFunction, Request, Response } from 'express';

const LOCAL_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Refuses what another site's page may have sent: a Host that is not this machine (its name was made to lead here), and
 * a POST from another origin. Any port will do, so that the page can be looked at through a tunnel.
 */
export function refuseOthers(req: Request, res: Response, next: NextFunction): void {
  const host = req.headers.host ?? '';
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
  if (!LOCAL_NAMES.has(name)) {
    res.status(403).json({ message: 'this address answers to 127.0.0.1 and localhost only' });
    return;
  }
  const { origin } = req.headers;
  if (req.method !== 'GET' && origin !== undefined && origin !== `http://${host}`) {
    res.status(403).json({ message: 'only its own page may do that' });
    return;
  }
  next();
}
