import type { PodState, ServiceState, TimelineEntry } from '../api.ts';

const COUNT = new Intl.NumberFormat('en');

/** 1234 as "1,234". */
export function countWords(count: number): string {
  return COUNT.format(Math.floor(count));
}

/** Seconds as "8 s", "3 min 05 s" or "2 h 10 min". */
export function durationWords(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  const [minutes, hours] = [Math.floor(whole / 60), Math.floor(whole / 3600)];
  const twoDigits = (count: number) => String(count).padStart(2, '0');
  return hours === 0
    ? `${minutes} min ${twoDigits(whole % 60)} s`
    : `${COUNT.format(hours)} h ${twoDigits(minutes % 60)} min`;
}

/** Milliseconds as "840 ms", or from ten seconds on as "12.3 s". */
export function millisecondWords(ms: number): string {
  return ms < 10_000 ? `${COUNT.format(Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

const TIMES = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** An ISO 8601 time as a clock on the wall has it. */
export function clockWords(time: string): string {
  return new Date(time).toLocaleTimeString('en-GB');
}

/** A condition's sentence with its times as a clock on the wall has them. */
export function plainTimes(sentence: string): string {
  return sentence.replace(TIMES, clockWords);
}

/** Where a new connection goes, in a sentence. */
export function routeWords({ routesTo, held }: Pick<ServiceState, 'routesTo' | 'held'>): string {
  if (routesTo.length === 0) return 'A new connection finds no endpoint.';
  const [toPod, toResolver] = [routesTo.includes('pod'), routesTo.includes('resolver')];
  if (toPod && toResolver) return 'A new connection goes to a pod or to the resolver.';
  if (toPod) return 'A new connection goes straight to a pod.';
  if (held === 0) return 'A new connection goes to the resolver.';
  return `A new connection goes to the resolver, which holds ${held === 1 ? 'one request' : `${COUNT.format(held)} requests`}.`;
}

/** What to type to reach a service from a terminal. */
export function commandFor(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  return protocol === 'tcp:' ? `echo hello | nc -N ${hostname} ${port}` : `curl -i ${url}`;
}

/** The pods in a few words, for under the house: "2 ready, 1 starting". */
export function podWords(pods: readonly PodState[]): string {
  if (pods.length === 0) return 'no pods';
  const states = ['ready', 'starting', 'terminating'] as const;
  const counts = states.map((state) => ({ state, count: pods.filter((pod) => pod.state === state).length }));
  return counts
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${state}`)
    .join(', ');
}

/** A cold start's three parts, each in milliseconds of its own. */
export function coldStartParts({ scaleMs, readyMs, answerMs }: NonNullable<TimelineEntry['coldStart']>): {
  readonly scale: number;
  readonly ready: number;
  readonly answer: number;
} {
  return { scale: scaleMs, ready: Math.max(0, readyMs - scaleMs), answer: Math.max(0, answerMs - readyMs) };
}

/** What to say about the services whose phase is another than before; empty where there is none. */
export function phaseNews(before: readonly ServiceState[], now: readonly ServiceState[]): string {
  const phaseBefore = new Map(before.map(({ name, phase }) => [name, phase]));
  return now
    .filter(({ name, phase }) => phase !== undefined && phaseBefore.has(name) && phaseBefore.get(name) !== phase)
    .map(({ name, phase }) => `${name} is ${phase}.`)
    .join(' ');
}
