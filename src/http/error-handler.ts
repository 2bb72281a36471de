import type Router from 'router';
import type { Logger } from '../effects/ports.ts';
import { InvalidRequestError, KubeApiError, UnknownServiceError } from '../errors.ts';
import { Refusal } from './refusal.ts';
import { type About, aboutOf } from './route.ts';
import { sendJson } from './send-json.ts';

export interface ErrorHandlerDeps {
  readonly log: Logger;
  /** Told of bugs only, with the error in full. */
  report(error: unknown, about: About): void;
}

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bodies end up in Events, which people and other tools read. */
const MESSAGE_LENGTH = 200;
const INTERNAL: Answer = { status: 500, code: 'INTERNAL', message: 'internal error' };

/**
 * Makes the one place where an error becomes an answer, `{code, message}`, and a line in the log. What was not thrown on
 * purpose is a bug: 500 without a word about it, and in full to log and report. Where isKubeErrorPublic, an error of the API
 * server is 502 and its caller's to retry; elsewhere it should have been caught and so is a bug too.
 */
export function createErrorHandler(
  deps: ErrorHandlerDeps,
  options: { readonly isKubeErrorPublic: boolean },
): Router.ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error, req, res, _next) => {
    const answer = decideAnswer(error, options.isKubeErrorPublic);
    const about = aboutOf(res) ?? { route: 'none', path: req.url?.split('?', 1)[0]?.slice(0, MESSAGE_LENGTH) };
    const fields = { ...about, status: answer.status, code: answer.code };
    if (answer === INTERNAL) {
      deps.log.error({ ...fields, err: error }, 'request failed');
      deps.report(error, about);
    } else if (answer.status >= 500) {
      // The failed call itself is logged in full where it was made, once for all the requests that joined in it.
      deps.log.warn(fields, answer.message);
    } else if (answer.status === 429) {
      deps.log.debug(fields, answer.message);
    } else {
      deps.log.info(fields, answer.message);
    }
    if (res.headersSent) {
      res.destroy();
      return;
    }
    sendJson(res, answer.status, { code: answer.code, message: answer.message }, answer.headers);
  };
}

function decideAnswer(error: unknown, isKubeErrorPublic: boolean): Answer {
  if (error instanceof Refusal) return error;
  if (error instanceof InvalidRequestError) return publicAnswer(400, error);
  if (error instanceof UnknownServiceError) return publicAnswer(404, error);
  if (error instanceof KubeApiError && isKubeErrorPublic) return publicAnswer(502, error);
  return INTERNAL;
}

function publicAnswer(status: number, error: { readonly code: string; readonly message: string }): Answer {
  return { status, code: error.code, message: error.message.slice(0, MESSAGE_LENGTH) };
}
