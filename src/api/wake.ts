import { z } from 'zod';

const dnsLabel = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be a DNS label');

/** Body of the wake route, as KubeElasti's resolver sends it. Keys beyond these are dropped. */
export const WakeRequest = z.object({
  /** Requests held. One is as good as many: a wake is a wake. */
  count: z.int().min(1).default(1),
  svc: dnsLabel,
  namespace: dnsLabel,
});
export type WakeRequest = z.infer<typeof WakeRequest>;
