import type { Scheduler } from './scheduler.ts';
import type { Site } from './world.ts';

export interface Timeline {
  readonly tell: (site: Site | undefined, who: string, what: () => string) => void;
  /** The last lines up to a time about one site, and about what concerns all. */
  linesUpTo(atMs: number, site: Site | undefined, count: number): readonly string[];
}

interface Line {
  readonly atMs: number;
  readonly site: Site | undefined;
  readonly text: string;
}

/** What happened, line by line; costs nothing while it is off. */
export function createTimeline({
  scheduler,
  isOn,
}: {
  readonly scheduler: Scheduler;
  readonly isOn: boolean;
}): Timeline {
  const lines: Line[] = [];
  const stamp = (ms: number) =>
    `${String(Math.floor(ms / 60_000)).padStart(3)}:${((ms % 60_000) / 1000).toFixed(3).padStart(6, '0')}`;
  return {
    tell: (site, who, what) => {
      if (!isOn) return;
      const atMs = scheduler.nowMs();
      lines.push({ atMs, site, text: `${stamp(atMs)}  ${site?.key ?? '*'}  ${who}: ${what()}` });
    },
    linesUpTo: (atMs, site, count) =>
      lines
        .filter(
          (line) =>
            line.atMs <= atMs &&
            (site === undefined || line.site === undefined || line.site.targetKey === site.targetKey),
        )
        .slice(-count)
        .map(({ text }) => text),
  };
}
