import type { Point } from './cost.ts';

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 60;
const RIGHT = 60;
const TOP = 30;
const BOTTOM = 45;

/** Seconds and gigabytes over interactions, both axes logarithmic, as one SVG without anything from outside. */
export function growthPlot(points: readonly Point[]): string {
  const rows = points.map((point) => point.rows);
  const seconds = points.map((point) => point.seconds);
  const gigabytes = points.map((point) => point.peakBytes / 1024 ** 3);
  const x = axis(rows, LEFT, WIDTH - RIGHT);
  const y = axis([...seconds, ...gigabytes], HEIGHT - BOTTOM, TOP);
  const line = (values: readonly number[], colour: string, name: string) => {
    const places = values.map((value, index) => [x.at(rows[index] ?? 1), y.at(value)] as const);
    const path = places.map(([px, py]) => `${px},${py}`).join(' ');
    const dots = places.map(([px, py]) => `<circle cx="${px}" cy="${py}" r="3" fill="${colour}"/>`);
    const [endX, endY] = places.at(-1) ?? [0, 0];
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...dots,
      `<text x="${endX + 6}" y="${endY + 4}" fill="${colour}">${name}</text>`,
    ].join('');
  };
  const guides = [
    ...x.ticks.map(
      (tick) =>
        `<line x1="${x.at(tick)}" y1="${TOP}" x2="${x.at(tick)}" y2="${HEIGHT - BOTTOM}" stroke="#ddd"/><text x="${x.at(tick)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${powerOfTen(tick)}</text>`,
    ),
    ...y.ticks.map(
      (tick) =>
        `<line x1="${LEFT}" y1="${y.at(tick)}" x2="${WIDTH - RIGHT}" y2="${y.at(tick)}" stroke="#ddd"/><text x="${LEFT - 6}" y="${y.at(tick) + 4}" text-anchor="end">${tick}</text>`,
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11" role="img">
<title>Training seconds and peak memory by number of interactions</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${guides.join('\n')}
${line(seconds, '#1f5fa8', 'seconds')}
${line(gigabytes, '#b3541e', 'GB')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">interactions</text>
</svg>
`;
}

/** A logarithmic axis over whole powers of ten. */
function axis(values: readonly number[], from: number, until: number) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const at = (value: number) =>
    Math.round(10 * (from + ((Math.log10(value) - low) / (high - low)) * (until - from))) / 10;
  const ticks = Array.from({ length: high - low + 1 }, (_, step) =>
    Number((10 ** (low + step)).toPrecision(1)),
  );
  return { at, ticks };
}

function powerOfTen(value: number): string {
  const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
  return `10${[...String(Math.round(Math.log10(value)))].map((digit) => superscripts[Number(digit)]).join('')}`;
}
