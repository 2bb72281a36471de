import { privateServiceName } from '../../../src/core/names.ts';

/** One Service for each round, since a resolver may remember what was ready. */
export const services: readonly string[] = Array.from({ length: 60 }, (_, i) => `web-${i}`);

export const NAMESPACE = 'shop';
export const DOMAIN = 'cluster.local';
export const OPERATOR = 'elasti-operator-controller-service';
export const OPERATOR_HOST = `${OPERATOR}.elasti.svc.${DOMAIN}`;

/** The name that clients call a Service by. */
export const publicHost = (service: string): string => `${service}.${NAMESPACE}.svc.${DOMAIN}`;

/** The name that KubeElasti's resolver calls it by. */
export const privateHost = (service: string): string => publicHost(privateServiceName(service));
