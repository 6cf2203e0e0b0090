import type { Series } from '../audit-report.ts';
import { measured, percent } from '../title-of.ts';
import { escaped } from './markup.ts';

/** A measure over days as an SVG inside the page: nothing is fetched, and colours follow the page's. */

const WIDTH = 720;
const HEIGHT = 170;
const LEFT = 64;
const RIGHT = 16;
const TOP = 14;
const BOTTOM = 30;
const WEEK_DAYS = 7;
const DAY_MS = 86_400_000;

/** A plot, or nothing for fewer than three days: two points are no trend. */
export function trendPlot(series: Series, name: string, isShare: boolean): string {
  const { points, band } = series;
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 3) return '';
  const values = points.map(({ value }) => value);
  const scale = scaleOf(first.day, last.day, [...values, 0, ...(band ? [band.high] : [])]);
  const text = isShare ? percent : measured;
  const path = points.map(({ day, value }) => `${scale.x(day)},${scale.y(value)}`).join(' ');
  const summary = `${name}: ${points.length} days from ${first.day} to ${last.day}, between ${text(Math.min(...values))} and ${text(Math.max(...values))}, at last ${text(last.value)}${band === undefined ? '' : `; usual are ${text(Math.max(0, band.low))} to ${text(band.high)}`}.`;
  const lastDot = `<circle class="last${series.isUnusual ? ' unusual' : ''}" cx="${scale.x(last.day)}" cy="${scale.y(last.value)}" r="5"/>`;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(summary)}">`,
    ...scale.lines.map(
      (value) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${scale.y(value)}" y2="${scale.y(value)}"/><text class="axis" x="${LEFT - 8}" y="${scale.y(value) + 4}" text-anchor="end">${escaped(text(value))}</text>`,
    ),
    band === undefined ? '' : bandMark(band, last.day, scale),
    `<polyline class="line" points="${path}"/>`,
    ...(band === undefined ? [] : sameWeekdays(points, last.day, scale)),
    lastDot,
    `<text class="axis" x="${LEFT}" y="${HEIGHT - 8}">${first.day}</text>`,
    `<text class="axis" x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${last.day}</text>`,
    '</svg>',
  ].join('');
}

/** A line without axes, for a table's cell. */
export function sparkline({ points, isUnusual }: Series): string {
  const shown = points.slice(-60);
  if (shown.length < 3 || shown.every(({ value }) => value === 0)) return '';
  const highest = Math.max(...shown.map(({ value }) => value), Number.MIN_VALUE);
  const lowest = Math.min(...shown.map(({ value }) => value), 0);
  const at = (value: number, index: number) =>
    `${round((index / (shown.length - 1)) * 94 + 3)},${round(21 - ((value - lowest) / (highest - lowest)) * 18)}`;
  const places = shown.map(({ value }, index) => at(value, index));
  const [x = '', y = ''] = places.at(-1)?.split(',') ?? [];
  return `<svg class="spark" viewBox="0 0 100 24" aria-hidden="true"><polyline class="line" points="${places.join(' ')}"/><circle class="last${isUnusual ? ' unusual' : ''}" cx="${x}" cy="${y}" r="2.5"/></svg>`;
}

interface Scale {
  readonly x: (day: string) => number;
  readonly y: (value: number) => number;
  /** Values with a line across. */
  readonly lines: readonly number[];
}

function scaleOf(firstDay: string, lastDay: string, values: readonly number[]): Scale {
  const [from, to] = [Date.parse(firstDay), Date.parse(lastDay)];
  const lowest = Math.min(...values);
  const step = niceStep((Math.max(...values) - lowest) / 3);
  const bottom = Math.floor(lowest / step) * step;
  const top = Math.max(bottom + step, Math.ceil(Math.max(...values) / step) * step);
  const count = Math.round((top - bottom) / step);
  return {
    x: (day) =>
      round(
        LEFT + ((Date.parse(day) - from) / Math.max(DAY_MS, to - from)) * (WIDTH - LEFT - RIGHT),
      ),
    y: (value) => round(TOP + (1 - (value - bottom) / (top - bottom)) * (HEIGHT - TOP - BOTTOM)),
    lines: Array.from({ length: count + 1 }, (_, index) => bottom + index * step),
  };
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(rough: number): number {
  if (!(rough > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough) ?? 10;
  return factor * power;
}

/** What is usual for the last day, as a bar around it with the median across. */
function bandMark(band: NonNullable<Series['band']>, day: string, scale: Scale): string {
  const [x, high, low] = [scale.x(day), scale.y(band.high), scale.y(Math.max(0, band.low))];
  return `<rect class="band" x="${x - 8}" y="${high}" width="16" height="${round(Math.max(1, low - high))}" rx="3"/><line class="median" x1="${x - 8}" x2="${x + 8}" y1="${scale.y(band.median)}" y2="${scale.y(band.median)}"/>`;
}

function sameWeekdays(points: Series['points'], day: string, scale: Scale): string[] {
  return points
    .filter((point) => point.day !== day && daysBetween(point.day, day) % WEEK_DAYS === 0)
    .map(
      (point) =>
        `<circle class="weekday" cx="${scale.x(point.day)}" cy="${scale.y(point.value)}" r="3"/>`,
    );
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
