import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { ClusterLayout } from './layout.ts';

/** What a running cluster was started with; its processes and later commands read it. */
const settingsSchema = z.object({ binaries: z.string(), audit: z.boolean(), ipv6: z.boolean() });

export type Settings = Readonly<z.infer<typeof settingsSchema>>;

export function writeSettings(layout: ClusterLayout, settings: Settings): void {
  writeFileSync(layout.settings, JSON.stringify(settings));
}

export function readSettings(layout: ClusterLayout): Settings {
  return settingsSchema.parse(JSON.parse(readFileSync(layout.settings, 'utf8')));
}
