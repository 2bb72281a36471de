/** One line of a chart, from left to right. */
export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const COLOURS = ['#0b62a4', '#c0392b', '#2e8b57', '#8e44ad', '#b9770e'];
const BOX = { left: 55, right: 400, top: 45, bottom: 255 };
const TICKS = 4;

/** A chart of 420 by 300 as the inside of a group: both axes are linear and begin at 0, so that a straight line is O(N). */
export function makeChart(title: string, lines: readonly Line[]): string {
  const points = lines.flatMap((each) => each.points);
  const maxX = Math.max(1, ...points.map(({ x }) => x));
  const maxY = roundUp(Math.max(Number.MIN_VALUE, ...points.map(({ y }) => y)));
  const atX = (x: number) => (BOX.left + ((BOX.right - BOX.left) * x) / maxX).toFixed(1);
  const atY = (y: number) => (BOX.bottom - ((BOX.bottom - BOX.top) * y) / maxY).toFixed(1);

  const rules = Array.from({ length: TICKS + 1 }, (_, i) => {
    const value = (maxY * i) / TICKS;
    const y = atY(value);
    return `<path d="M${BOX.left} ${y}H${BOX.right}" stroke="#ddd"/>${text({ x: BOX.left - 6, y, anchor: 'end' }, String(Number(value.toPrecision(3))))}`;
  });
  const counts = [...new Set(points.map(({ x }) => x))].filter((x) => x >= maxX / 12);
  const labels = counts.map((x) => text({ x: atX(x), y: BOX.bottom + 16, anchor: 'middle' }, x.toLocaleString('en')));
  const drawn = lines.map(({ name, points: own }, i) => {
    const colour = COLOURS[i % COLOURS.length] ?? '#000';
    const path = own.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${atX(x)} ${atY(y)}`).join('');
    const dots = own.map(({ x, y }) => `<circle cx="${atX(x)}" cy="${atY(y)}" r="2.5" fill="${colour}"/>`);
    const key = text({ x: BOX.left + 8, y: BOX.top + 10 + 14 * i, anchor: 'start', colour }, name);
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>${dots.join('')}${key}`;
  });
  const heading = `<text x="${BOX.left}" y="28" font-weight="bold">${title}</text>`;
  const axis = text({ x: BOX.right, y: BOX.bottom + 32, anchor: 'end' }, 'ElastiServices');
  return [heading, ...rules, ...labels, axis, ...drawn].join('\n');
}

/** To one of 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

interface Place {
  readonly x: number | string;
  readonly y: number | string;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly colour?: string;
}

const text = ({ x, y, anchor, colour = '#333' }: Place, content: string): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" dominant-baseline="middle" fill="${colour}">${content}</text>`;
