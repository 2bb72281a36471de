import type { Range } from './history.ts';
import type { Replay } from './replay.ts';

export interface Panel {
  readonly title: string;
  readonly replay: Replay;
}

const DAY_MS = 86_400_000;
const WIDTH = 960;
const LEFT = 90;
const ROW = 18;
const GAP = 4;

/** A picture of the days: a row for each, asleep in blue, a red line for each cold hit. */
export function drawReplay(title: string, panels: readonly Panel[], range: Range): string {
  const firstDayMs = Math.floor(range.startMs / DAY_MS) * DAY_MS;
  const days = Math.ceil((range.endMs - firstDayMs) / DAY_MS);
  const panelHeight = 44 + days * (ROW + GAP);
  const height = 40 + panels.length * panelHeight + 24;
  const body = panels.map(({ title: name, replay }, i) =>
    drawPanel(name, replay, { range, firstDayMs, days, top: 40 + i * panelHeight }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 20} ${height}" font-family="sans-serif" font-size="12">
<style>
  text { fill: #333 } .awake { fill: #f2d58a } .asleep { fill: #3b6fb6 } .cold { stroke: #c62828; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } }
</style>
<text x="10" y="22" font-size="15">${escapeText(title)}</text>
${body.join('\n')}
<g transform="translate(${LEFT} ${height - 16})">
<rect class="asleep" width="12" height="12"/><text x="18" y="11">asleep</text>
<rect class="awake" x="80" width="12" height="12"/><text x="98" y="11">awake</text>
<line class="cold" x1="166" x2="166" y1="0" y2="12"/><text x="174" y="11">cold hit (times are UTC)</text>
</g>
</svg>
`;
}

interface Place {
  readonly range: Range;
  readonly firstDayMs: number;
  readonly days: number;
  readonly top: number;
}

function drawPanel(title: string, { sleeps, coldHitsAtMs }: Replay, { range, firstDayMs, days, top }: Place): string {
  const y = (ms: number) => 36 + Math.floor((ms - firstDayMs) / DAY_MS) * (ROW + GAP);
  const x = (ms: number) => LEFT + (WIDTH * ((ms - firstDayMs) % DAY_MS)) / DAY_MS;
  const bar = (kind: string, fromMs: number, toMs: number) =>
    byDay(fromMs, toMs).map(
      ([from, to]) =>
        `<rect class="${kind}" x="${x(from).toFixed(1)}" y="${y(from)}" width="${((WIDTH * (to - from)) / DAY_MS).toFixed(1)}" height="${ROW}"/>`,
    );
  const labels = Array.from({ length: days }, (_, day) => {
    const ms = firstDayMs + day * DAY_MS;
    return `<text x="10" y="${y(ms) + 13}">${new Date(ms).toISOString().slice(0, 10)}</text>`;
  });
  const scale = [0, 6, 12, 18].map(
    (hour) => `<text x="${LEFT + (WIDTH * hour) / 24}" y="32" font-size="10">${hour}:00</text>`,
  );
  const hits = coldHitsAtMs.map((ms) => {
    const at = x(ms).toFixed(1);
    return `<line class="cold" x1="${at}" x2="${at}" y1="${y(ms)}" y2="${y(ms) + ROW}"/>`;
  });
  return [
    `<g transform="translate(0 ${top})">`,
    `<text x="10" y="18" font-weight="bold">${escapeText(title)}</text>`,
    ...scale,
    ...labels,
    ...bar('awake', range.startMs, range.endMs),
    ...sleeps.flatMap(({ fromMs, toMs }) => bar('asleep', fromMs, toMs)),
    ...hits,
    '</g>',
  ].join('\n');
}

/** A stretch cut at midnights. */
function byDay(fromMs: number, toMs: number): [number, number][] {
  const parts: [number, number][] = [];
  for (let from = fromMs; from < toMs; ) {
    const to = Math.min(toMs, (Math.floor(from / DAY_MS) + 1) * DAY_MS);
    parts.push([from, to]);
    from = to;
  }
  return parts;
}

const escapeText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
