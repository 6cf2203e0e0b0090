import { escaped } from '../quality/report/markup.ts';
import type { ExperimentResults } from './results.ts';

type Points = ExperimentResults['course'][number]['points'];

const WIDTH = 720;
const HEIGHT = 200;
const LEFT = 64;
const RIGHT = 16;
const TOP = 14;
const BOTTOM = 30;
/** The first intervals are wider than anything of interest. */
const SHOWN_MAX = 1;

/** The uplift over days with its interval as a band around it, about the line of no difference. */
export function coursePlot(points: Points, text: (value: number) => string): string {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return '';
  const shown = (value: number) => Math.min(SHOWN_MAX, Math.max(-SHOWN_MAX, value));
  const values = points.flatMap(({ sequential }) => [
    shown(sequential.lower),
    shown(sequential.upper),
  ]);
  const lowest = Math.min(0, ...values);
  const highest = Math.max(0, ...values);
  const x = (at: number) => round(LEFT + (at / (points.length - 1)) * (WIDTH - LEFT - RIGHT));
  const y = (value: number) =>
    round(TOP + (1 - (shown(value) - lowest) / (highest - lowest || 1)) * (HEIGHT - TOP - BOTTOM));
  const path = (of: (point: Points[number]) => number) =>
    points.map((point, at) => `${x(at)},${y(of(point))}`);
  const band = [
    ...path(({ sequential }) => sequential.upper),
    ...path(({ sequential }) => sequential.lower).reverse(),
  ].join(' ');
  const summary = `From ${first.day} to ${last.day}; at last ${text(last.uplift)} (${text(last.sequential.lower)} to ${text(last.sequential.upper)}).`;
  const lines = [...new Set([lowest, 0, highest])].map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/><text class="axis" x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${escaped(text(value))}</text>`,
  );
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(summary)}">`,
    ...lines,
    `<polygon class="band" points="${band}"/>`,
    `<polyline class="line" points="${path(({ uplift }) => uplift).join(' ')}"/>`,
    `<circle class="last" cx="${x(points.length - 1)}" cy="${y(last.uplift)}" r="4"/>`,
    `<text class="axis" x="${LEFT}" y="${HEIGHT - 8}">${escaped(first.day)}</text>`,
    `<text class="axis" x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${escaped(last.day)}</text>`,
    '</svg>',
  ].join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
