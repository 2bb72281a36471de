import { parseArgs } from 'node:util';
import { parseDurationMs } from './go-duration.ts';
import { type LabelSelector, parseSelector } from './label-selector.ts';

export interface Flags {
  readonly kubeconfig: string | undefined;
  readonly applyStrategy: 'server-side-apply' | 'dynamic-apply';
  readonly fieldManager: string;
  readonly workers: number;
  readonly clientQps: number;
  readonly clientBurst: number;
  readonly eventsQps: number;
  readonly eventsBurst: number;
  readonly cacheFlushMs: number;
  readonly targetSelector: LabelSelector;
  readonly healthProbeBindAddress: string;
  readonly logLevel: string;
}

const text = { type: 'string' } as const;
const OPTIONS = {
  kubeconfig: text,
  'apply-strategy': { ...text, default: 'server-side-apply' },
  'apply-strategy-ssa-field-manager': { ...text, default: 'metacontroller' },
  workers: { ...text, default: '5' },
  'client-go-qps': { ...text, default: '5' },
  'client-go-burst': { ...text, default: '10' },
  'events-qps': { ...text, default: String(1 / 300) },
  'events-burst': { ...text, default: '25' },
  'cache-flush-interval': { ...text, default: '30m' },
  'target-label-selector': { ...text, default: '' },
  'health-probe-bind-address': { ...text, default: ':8081' },
  'zap-log-level': { ...text, default: 'info' },
  // Taken so that one command line fits both; they do nothing here.
  'discovery-interval': text,
  'metrics-address': text,
  'pprof-address': text,
  'leader-election-resource-lock': text,
  'leader-election-namespace': text,
  'leader-election-id': text,
  'zap-encoder': text,
  'zap-stacktrace-level': text,
  'zap-time-encoding': text,
} as const;
const SWITCHES = /^--(leader-election|zap-devel)(=(true|false))?$/;

/** Parses the flags of Metacontroller 4.17, with one or two dashes. Throws for one that it does not have. */
export function parseFlags(args: readonly string[]): Flags {
  const wanted = args.map((arg) => arg.replace(/^-(?=[a-z])/, '--')).filter((arg) => !SWITCHES.test(arg));
  const { values } = parseArgs({ args: wanted, options: OPTIONS, strict: true, allowPositionals: false });
  const applyStrategy = values['apply-strategy'];
  if (applyStrategy !== 'server-side-apply' && applyStrategy !== 'dynamic-apply') {
    throw new Error(`unknown --apply-strategy ${applyStrategy}`);
  }
  return {
    kubeconfig: values.kubeconfig,
    applyStrategy,
    fieldManager: values['apply-strategy-ssa-field-manager'],
    workers: positive('workers', values.workers),
    clientQps: positive('client-go-qps', values['client-go-qps']),
    clientBurst: positive('client-go-burst', values['client-go-burst']),
    eventsQps: positive('events-qps', values['events-qps']),
    eventsBurst: positive('events-burst', values['events-burst']),
    cacheFlushMs: parseDurationMs(values['cache-flush-interval']),
    targetSelector: parseSelector(values['target-label-selector']),
    healthProbeBindAddress: values['health-probe-bind-address'],
    logLevel: values['zap-log-level'],
  };
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0, got ${value}`);
  return number;
}
