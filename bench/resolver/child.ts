import { type Child, startChild as start } from '../child.ts';

type File = 'bare-proxy.ts' | 'pod.ts' | 'resolver-process.ts' | 'herd.ts';

/** Starts a process of this folder, with its own file descriptors and its own event loop. */
export function startChild(file: File): Promise<Child> {
  return start(new URL(file, import.meta.url), ['--expose-gc']);
}

/** Memory of the process after what can be freed was freed, in bytes. */
export function rssAfterGc(): number {
  for (let n = 0; n < 3; n++) globalThis.gc?.();
  return process.memoryUsage.rss();
}
