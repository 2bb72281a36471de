import { type DemoService, SERVICES } from '../settings.ts';

/** Steady requests to services. */
export interface Load {
  isOn(service: string): boolean;
  set(service: string, isOn: boolean): void;
  stop(): void;
}

const EVERY_MS = 200;

/** Makes what sends them, one every fifth of a second to each service for which it is on. */
export function createLoad(send: (service: DemoService) => void): Load {
  const on = new Set<string>();
  const timer = setInterval(() => {
    for (const service of SERVICES) if (on.has(service.name)) send(service);
  }, EVERY_MS);
  return {
    isOn: (service) => on.has(service),
    set: (service, isOn) => {
      if (isOn) on.add(service);
      else on.delete(service);
    },
    stop: () => clearInterval(timer),
  };
}
