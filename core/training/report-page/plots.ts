/** Plots of a report as inline SVG; the page's style colours them. */
import { escaped } from '../../quality/report/markup.ts';

/** A value with the bounds of its interval. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

const WIDTH = 720;
const LEFT = 250;
const RIGHT = 70;
const ROW = 30;
const POINTS_HEIGHT = 140;

/** One row a bar, from nothing to its value, its interval as a line; values may be below nothing. */
export function barPlot(bars: readonly Bar[], text: (value: number) => string): string {
  const lowest = Math.min(0, ...bars.map(({ lower }) => lower));
  const highest = Math.max(0, ...bars.map(({ upper }) => upper));
  const span = highest - lowest || 1;
  const x = (value: number) => round(LEFT + ((value - lowest) / span) * (WIDTH - LEFT - RIGHT));
  const height = bars.length * ROW + 8;
  const summary = bars
    .map(
      ({ label, value, lower, upper }) =>
        `${label} ${text(value)} (${text(lower)} to ${text(upper)})`,
    )
    .join('; ');
  const rows = bars.map(({ label, value, lower, upper }, at) => {
    const y = at * ROW + ROW / 2 + 4;
    const from = Math.min(x(0), x(value));
    return [
      `<text class="axis" x="${LEFT - 10}" y="${y + 4}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="band" x="${from}" y="${y - 8}" width="${round(Math.abs(x(value) - x(0)))}" height="16" rx="3"/>`,
      `<line class="median" x1="${x(lower)}" x2="${x(upper)}" y1="${y}" y2="${y}"/>`,
      `<circle class="last" cx="${x(value)}" cy="${y}" r="4"/>`,
      `<text class="axis" x="${WIDTH - RIGHT + 12}" y="${y + 4}">${escaped(text(value))}</text>`,
    ].join('');
  });
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(summary)}"><line class="grid" x1="${x(0)}" x2="${x(0)}" y1="0" y2="${height}"/>${rows.join('')}</svg>`;
}

/** Values in their order, joined by a line. */
export function pointPlot(values: readonly number[], text: (value: number) => string): string {
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  const x = (at: number) => round(60 + (at / Math.max(1, values.length - 1)) * (WIDTH - 80));
  const y = (value: number) =>
    round(12 + (1 - (value - lowest) / (highest - lowest || 1)) * (POINTS_HEIGHT - 24));
  const path = values.map((value, at) => `${x(at)},${y(value)}`).join(' ');
  const summary = `${values.length} values between ${text(lowest)} and ${text(highest)}`;
  const lines = [...new Set([lowest, highest])].map(
    (value) =>
      `<line class="grid" x1="60" x2="${WIDTH - 20}" y1="${y(value)}" y2="${y(value)}"/><text class="axis" x="52" y="${y(value) + 4}" text-anchor="end">${escaped(text(value))}</text>`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${POINTS_HEIGHT}" role="img" aria-label="${escaped(summary)}">${lines.join('')}<polyline class="line" points="${path}"/></svg>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
