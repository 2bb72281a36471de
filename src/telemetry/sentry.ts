import {
  captureException,
  type ErrorEvent,
  flush,
  initWithoutDefaultIntegrations,
  onUncaughtExceptionIntegration,
  onUnhandledRejectionIntegration,
} from '@sentry/node';
import { codeOf } from './describe-error.ts';
import type { Capture } from './report.ts';
import { createScrub, type Scrub } from './scrub.ts';

// Loaded only where there is a DSN: the module alone takes half a second and 50 MB.

export interface SentryOptions {
  readonly dsn: string;
  readonly environment: string | undefined;
  /** Values that must not leave in any text. */
  readonly secrets: readonly (string | undefined)[];
}

/** Starts Sentry for the process: errors only, nothing that watches HTTP, and events made of nothing but what we name. */
export function initSentry({ dsn, environment, secrets }: SentryOptions): void {
  const scrub = createScrub(secrets);
  initWithoutDefaultIntegrations({
    dsn,
    ...(environment === undefined ? {} : { environment }),
    integrations: [
      onUncaughtExceptionIntegration(),
      // Without a handler Node ends the process; strict does so too, after the report.
      onUnhandledRejectionIntegration({ mode: 'strict' }),
    ],
    beforeSend: (event) => makeEvent(event, scrub),
    beforeBreadcrumb: () => null,
    maxBreadcrumbs: 0,
    enableRuntimeChannelInjection: false,
    includeServerName: false,
    sendClientReports: false,
    spotlight: false,
  });
}

/** Sends an error with tags. The texts of its causes may quote servers and stay here; their types and codes go. */
export const captureWithSentry: Capture = (error, tags) => {
  const causes = causesOf(error);
  captureException(error, { tags: causes === '' ? tags : { ...tags, causes } });
};

/** Waits until everything was sent, this long at most. */
export async function flushSentry(timeoutMs: number): Promise<void> {
  await flush(timeoutMs);
}

function causesOf(error: unknown): string {
  const causes: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause instanceof Error && causes.length < 4) {
    causes.push([cause.name, codeOf(cause)].filter((word) => word !== undefined).join(' '));
    cause = cause.cause;
  }
  return causes.join(', ');
}

/** Anything not named here is left out: request, user, contexts, breadcrumbs, extra, variables and lines of source. */
function makeEvent(event: ErrorEvent, scrub: Scrub): ErrorEvent {
  const { type, event_id, timestamp, platform, level, release, environment, tags, exception } = event;
  const values = exception?.values?.map(({ type, value, mechanism, stacktrace }) => ({
    type,
    value: scrub(value ?? ''),
    mechanism: { type: mechanism?.type ?? 'generic', handled: mechanism?.handled ?? true },
    stacktrace: {
      frames: stacktrace?.frames?.map(({ filename, function: name, module, lineno, colno, in_app }) => ({
        filename,
        function: name,
        module,
        lineno,
        colno,
        in_app,
      })),
    },
  }));
  const kept = { event_id, timestamp, platform, level, release, environment, tags };
  // JSON leaves out what is undefined.
  return JSON.parse(JSON.stringify({ type, ...kept, exception: { values } }));
}
