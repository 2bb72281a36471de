import { parseConfig, toSettings } from '../src/config.ts';
import type { Settings } from '../src/core/types.ts';

/** One Service of the demo with the workload behind it. */
export interface DemoService {
  readonly name: string;
  readonly protocol: 'http' | 'tcp';
  readonly cooldownSeconds: number;
  /** What its pods need before they listen, as programs do. */
  readonly startMs: number;
}

export const NAMESPACE = 'shop';
export const SYSTEM_NAMESPACE = 'elasti';

export const SERVICES: readonly DemoService[] = [
  { name: 'web', protocol: 'http', cooldownSeconds: 8, startMs: 900 },
  { name: 'api', protocol: 'http', cooldownSeconds: 10, startMs: 1200 },
  { name: 'reports', protocol: 'http', cooldownSeconds: 6, startMs: 1900 },
  { name: 'echo', protocol: 'tcp', cooldownSeconds: 12, startMs: 1200 },
];

/** The port of every Service, and what its pods listen on, in the model's addresses. */
export const SERVICE_PORT = { name: 'main', port: 80, targetPort: 8080 } as const;

// As short as they may be, so that a sleep can be waited for.
const ENVIRONMENT = {
  RESOLVER_ROUTING: 'port',
  POLLING_INTERVAL: '1s',
  SLEEP_DRAIN_SECONDS: '2',
  WAKE_SETTLE_SECONDS: '1',
  RESOLVER_GONE_SECONDS: '10',
};

/** The configuration that the hook service runs with. */
export const makeConfig = () => parseConfig(ENVIRONMENT);

/** What it decides by. All of the demo goes by one clock, and its API server answers at once. */
export const makeSettings = (): Settings => ({
  ...toSettings(makeConfig()),
  clockSkewSeconds: 0.5,
  zeroDeadlineSeconds: 2,
});
