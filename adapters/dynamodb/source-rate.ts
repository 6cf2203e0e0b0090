import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { SourceDocument } from '../../core/events/source.ts';

/**
 * How fast a source may send, counted for all processes together in one item per source: the time until
 * which its events are paid for (`paidUntilMs`), GCRA as of ITU-T I.371. n events move it on by n ÷ rate; a
 * source whose paid time lies more than the burst ahead of now waits. A process pays for a quarter of a
 * second at once and spends that without asking, so that a source costs some four writes a second at most,
 * whatever its traffic, and sources without a limit cost nothing.
 */
export interface SourceRate {
  admit(source: RatedSource, eventCount: number): Promise<Admission>;
}

export type RatedSource = Pick<SourceDocument, 'sourceId' | 'eventsPerSecondMax'>;

export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly retryAfterS: number };

/** Kind of the items in the config table; the function may write no other. */
const RATE_KIND = 'sourceRate';
/** How far a source may run ahead: what "averaged over a few seconds" means. */
const BURST_MS = 3_000;
/** What a process pays for at once. */
const LEASE_MS = 250;
/** What is not spent by then is lost, so that idle processes don't hoard. */
const LEASE_MS_MAX = 1_000;
/** Sources in this process; each has a limit set by an operator, so that more are not to be expected. */
const SOURCES_MAX = 1_000;
const MS_PER_S = 1_000;

interface Share {
  /** Events paid for and not yet spent. */
  left: number;
  paidAtMs: number;
  /** Refused until then without asking (epoch). */
  refusedUntilMs: number;
}

/** `onUncounted` hears of an admission that could not be counted. */
export function createSourceRate(
  client: DynamoDBClient,
  configTable: string,
  onUncounted: (error: unknown) => void,
): SourceRate {
  const shares = new Map<string, Share>();
  return {
    async admit({ sourceId, eventsPerSecondMax: rate }, eventCount) {
      if (rate === undefined) return { kind: 'admitted' };
      const nowMs = Date.now();
      const share = shareOf(shares, sourceId);
      if (nowMs < share.refusedUntilMs) return refused(share.refusedUntilMs - nowMs);
      if (nowMs - share.paidAtMs > LEASE_MS_MAX) share.left = 0;
      if (share.left >= eventCount) {
        share.left -= eventCount;
        return { kind: 'admitted' };
      }
      const paid = Math.max(eventCount, (rate * LEASE_MS) / MS_PER_S);
      try {
        const paidUntilMs = await pay(client, configTable, sourceId, {
          costMs: (paid / rate) * MS_PER_S,
          nowMs,
        });
        if (paidUntilMs !== undefined) {
          share.refusedUntilMs = paidUntilMs - BURST_MS;
          return refused(share.refusedUntilMs - nowMs);
        }
        share.left += paid - eventCount;
        share.paidAtMs = nowMs;
      } catch (error) {
        // The limit protects the pipeline; a table that can't count must not turn events away.
        onUncounted(error);
      }
      return { kind: 'admitted' };
    },
  };
}

function shareOf(shares: Map<string, Share>, sourceId: string): Share {
  const known = shares.get(sourceId);
  if (known !== undefined) return known;
  if (shares.size >= SOURCES_MAX) shares.clear();
  const share = { left: 0, paidAtMs: 0, refusedUntilMs: 0 };
  shares.set(sourceId, share);
  return share;
}

function refused(waitMs: number): Admission {
  return { kind: 'refused', retryAfterS: Math.max(1, Math.ceil(waitMs / MS_PER_S)) };
}

/** Tries to pay while other processes pay too: each failure means that one of them got through. */
const ATTEMPTS_MAX = 4;

/** Pays, or says until when is paid already. */
async function pay(
  client: DynamoDBClient,
  configTable: string,
  sourceId: string,
  { costMs, nowMs }: { readonly costMs: number; readonly nowMs: number },
): Promise<number | undefined> {
  const latestMs = nowMs + BURST_MS;
  const ways = [
    {
      update: 'SET paidUntilMs = paidUntilMs + :cost',
      condition: 'paidUntilMs BETWEEN :now AND :latest',
      values: { ':cost': costMs, ':now': nowMs, ':latest': latestMs },
    },
    {
      update: 'SET paidUntilMs = :paid',
      condition: 'attribute_not_exists(paidUntilMs) OR paidUntilMs < :now',
      values: { ':paid': nowMs + costMs, ':now': nowMs },
    },
  ];
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    for (const way of ways) {
      const outcome = await update(client, configTable, sourceId, way);
      if (outcome.isDone) return undefined;
      if (outcome.paidUntilMs > latestMs) return outcome.paidUntilMs;
    }
  }
  throw new Error('the rate of a source is contended');
}

interface Way {
  readonly update: string;
  readonly condition: string;
  readonly values: Readonly<Record<string, number>>;
}

async function update(
  client: DynamoDBClient,
  configTable: string,
  sourceId: string,
  way: Way,
): Promise<{ isDone: true } | { isDone: false; paidUntilMs: number }> {
  const values = Object.entries(way.values).map(([name, value]) => [name, { N: String(value) }]);
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: configTable,
        Key: { kind: { S: RATE_KIND }, id: { S: sourceId } },
        UpdateExpression: way.update,
        ConditionExpression: way.condition,
        ExpressionAttributeValues: Object.fromEntries(values),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { isDone: true };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { isDone: false, paidUntilMs: Number(error.Item?.paidUntilMs?.N ?? 0) };
  }
}
