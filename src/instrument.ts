// Loaded before main with `node --import`, so that a fault in loading main is reported too.
import { parseSentryConfig } from './config.ts';
import { secretsOf } from './environment.ts';

const sentry = parseSentryConfig(process.env);
if (sentry) {
  const { initSentry } = await import('./telemetry/sentry.ts');
  initSentry({ ...sentry, secrets: secretsOf(process.env) });
}
