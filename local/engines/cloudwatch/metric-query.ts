import * as z from 'zod';
import { type Expression, ExpressionRefused, type Points, parseExpression } from './metric-math.ts';
import type { Grid, MetricId, MetricStore } from './metric-store.ts';
import { type Statistic, statisticOf } from './statistic.ts';

/** `[{Name, Value}]`, in the API and in templates alike. */
export const dimensionList = z
  .array(z.strictObject({ Name: z.string().min(1), Value: z.string() }))
  .max(30);

/** Seconds: 1, 5, 10, 20, 30 or a multiple of 60. */
export const periodSeconds = z
  .int()
  .min(1)
  .refine((seconds) => seconds % 60 === 0 || [1, 5, 10, 20, 30].includes(seconds), {
    error: 'must be 1, 5, 10, 20, 30 or a multiple of 60',
  });

/** A MetricDataQuery. Unit is refused: units aren't stored, so nothing could be filtered by one. */
export const metricDataQuery = z.strictObject({
  Id: z.string().regex(/^[a-z]\w*$/, 'must start with a lower-case letter'),
  Label: z.string().optional(),
  ReturnData: z.boolean().default(true),
  Expression: z.string().optional(),
  Period: periodSeconds.optional(),
  MetricStat: z
    .strictObject({
      Metric: z.strictObject({
        Namespace: z.string(),
        MetricName: z.string(),
        Dimensions: dimensionList.default([]),
      }),
      Period: periodSeconds,
      Stat: z.string(),
    })
    .optional(),
});
export type MetricDataQuery = z.infer<typeof metricDataQuery>;

export interface Query {
  readonly id: string;
  readonly label: string;
  readonly isReturned: boolean;
  readonly periodMs: number;
  readonly source:
    | { readonly kind: 'metric'; readonly metric: MetricId; readonly statistic: Statistic }
    | { readonly kind: 'expression'; readonly expression: Expression };
}

export class QueryRefused extends Error {}

/** Parses queries that may read each other; throws QueryRefused for what isn't implemented. */
export function parseQueries(raws: readonly MetricDataQuery[]): readonly Query[] {
  const byId = new Map(raws.map((raw) => [raw.Id, raw]));
  if (byId.size < raws.length) throw new QueryRefused('Two queries have the same Id.');
  return raws.map((raw) => parseQuery(raw, byId));
}

function parseQuery(raw: MetricDataQuery, byId: ReadonlyMap<string, MetricDataQuery>): Query {
  const shared = { id: raw.Id, isReturned: raw.ReturnData };
  if ((raw.MetricStat === undefined) === (raw.Expression === undefined)) {
    throw new QueryRefused(`The query ${raw.Id} needs exactly one of MetricStat and Expression.`);
  }
  if (raw.MetricStat !== undefined) {
    const { Metric, Period, Stat } = raw.MetricStat;
    const statistic = requiredStatistic(Stat);
    const metric = metricIdOf(Metric.Namespace, Metric.MetricName, Metric.Dimensions);
    return {
      ...shared,
      label: raw.Label ?? Metric.MetricName,
      periodMs: Period * 1000,
      source: { kind: 'metric', metric, statistic },
    };
  }
  const expression = parsedExpression(raw.Expression ?? '');
  return {
    ...shared,
    label: raw.Label ?? raw.Id,
    periodMs: expressionPeriodMs(raw, expression, byId),
    source: { kind: 'expression', expression },
  };
}

export function requiredStatistic(name: string): Statistic {
  const statistic = statisticOf(name);
  if (statistic !== undefined) return statistic;
  throw new QueryRefused(
    `The statistic ${name} isn't implemented locally; Sum, Average, Minimum, Maximum, SampleCount and pNN are.`,
  );
}

export function metricIdOf(
  namespace: string,
  metricName: string,
  dimensions: z.infer<typeof dimensionList>,
): MetricId {
  return {
    namespace,
    metricName,
    dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
  };
}

function parsedExpression(text: string): Expression {
  try {
    return parseExpression(text);
  } catch (error) {
    if (error instanceof ExpressionRefused) throw new QueryRefused(error.message);
    throw error;
  }
}

/** The period of all the metrics below an expression, which must be the same. Finds cycles on its way. */
function expressionPeriodMs(
  raw: MetricDataQuery,
  { reads }: Expression,
  byId: ReadonlyMap<string, MetricDataQuery>,
  above: readonly string[] = [],
): number {
  if (above.includes(raw.Id)) throw new QueryRefused(`The query ${raw.Id} reads itself.`);
  const periods = new Set<number>(raw.Period === undefined ? [] : [raw.Period * 1000]);
  for (const id of reads) {
    const read = byId.get(id);
    if (read === undefined)
      throw new QueryRefused(`The expression of ${raw.Id} reads ${id}, no query.`);
    periods.add(
      read.MetricStat === undefined
        ? expressionPeriodMs(read, parsedExpression(read.Expression ?? ''), byId, [
            ...above,
            raw.Id,
          ])
        : read.MetricStat.Period * 1000,
    );
  }
  const [period, another] = periods;
  if (period !== undefined && another === undefined) return period;
  throw new QueryRefused(
    another === undefined
      ? `The expression of ${raw.Id} reads no query.`
      : `The expression of ${raw.Id} mixes periods, which isn't implemented locally.`,
  );
}

/** The points of one query on a grid of its period. */
export function pointsOf(
  query: Query,
  queries: readonly Query[],
  store: MetricStore,
  grid: Grid,
): Points {
  const { source } = query;
  if (source.kind === 'metric') {
    return store
      .aggregate(source.metric, grid)
      .map((aggregate) => (aggregate === undefined ? undefined : source.statistic(aggregate)));
  }
  const read = new Map<string, Points>();
  for (const other of queries) {
    if (!source.expression.reads.includes(other.id)) continue;
    read.set(other.id, pointsOf(other, queries, store, grid));
  }
  const result = source.expression.evaluate(read);
  return typeof result === 'number' ? new Array<number>(grid.length).fill(result) : result;
}
