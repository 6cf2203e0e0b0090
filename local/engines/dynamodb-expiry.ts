import type { Item } from 'dynalite/db/index.js';
import * as z from 'zod';
import { itemSchema } from './dynamodb-dynalite.ts';
import { ServiceError } from './json-service.ts';

/** Runs an operation of the database, under its lock. */
export type Call = (operation: string, input: object) => Promise<Record<string, unknown>>;

interface Rule {
  readonly attribute: string;
  /** No item of the table expires before this epoch second; until then it needs no scan. */
  nextExpiryS: number;
}

/** DynamoDB leaves items alone whose time lies this far back, as it may be no time at all. */
const EXPIRED_S_MAX = 5 * 365 * 24 * 3600;

export const timeToLiveRequest = z.strictObject({
  TableName: z.string(),
  TimeToLiveSpecification: z.strictObject({
    AttributeName: z.string().min(1).max(255),
    Enabled: z.boolean(),
  }),
});

/**
 * Time to live: which tables have it, and the deletion of what has expired. Every write is noted, so
 * that a table is scanned only when something in it can have expired.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
 */
export class Expiry {
  readonly #rules = new Map<string, Rule>();

  update(input: z.infer<typeof timeToLiveRequest>): Record<string, unknown> {
    const { AttributeName, Enabled } = input.TimeToLiveSpecification;
    const rule = this.#rules.get(input.TableName);
    if (Enabled === (rule !== undefined)) {
      const message = `TimeToLive is already ${Enabled ? 'enabled' : 'disabled'}`;
      throw new ServiceError('ValidationException', message);
    }
    if (Enabled) this.#rules.set(input.TableName, { attribute: AttributeName, nextExpiryS: 0 });
    else this.#rules.delete(input.TableName);
    return { TimeToLiveSpecification: input.TimeToLiveSpecification };
  }

  describe(table: string): Record<string, unknown> {
    const rule = this.#rules.get(table);
    return {
      TimeToLiveDescription:
        rule === undefined
          ? { TimeToLiveStatus: 'DISABLED' }
          : { TimeToLiveStatus: 'ENABLED', AttributeName: rule.attribute },
    };
  }

  forget(table: string): void {
    this.#rules.delete(table);
  }

  /** Notes a write of this item; without one, a write that may have set any time. */
  noteWrite(table: string, item: Item | undefined): void {
    const rule = this.#rules.get(table);
    if (rule === undefined) return;
    const expiryS = item === undefined ? 0 : expiryOf(item, rule.attribute);
    rule.nextExpiryS = Math.min(rule.nextExpiryS, expiryS ?? Number.POSITIVE_INFINITY);
  }

  /** Deletes what has expired before this epoch second, and gives how many items that were. */
  async sweep(nowS: number, call: Call): Promise<number> {
    let deletedCount = 0;
    for (const [table, rule] of this.#rules) {
      if (rule.nextExpiryS >= nowS) continue;
      // Before the scan, so that what is written during it is not missed.
      rule.nextExpiryS = Number.POSITIVE_INFINITY;
      const keyNames = await keyNamesOf(table, call);
      let start: unknown;
      do {
        const page = await call('Scan', { TableName: table, ExclusiveStartKey: start });
        for (const item of z.array(itemSchema).parse(page.Items ?? [])) {
          const expiryS = expiryOf(item, rule.attribute);
          if (expiryS === undefined || expiryS < nowS - EXPIRED_S_MAX) continue;
          if (expiryS >= nowS) rule.nextExpiryS = Math.min(rule.nextExpiryS, expiryS);
          else deletedCount += await deleteUnchanged(table, rule.attribute, keyNames, item, call);
        }
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
    }
    return deletedCount;
  }
}

function expiryOf(item: Item, attribute: string): number | undefined {
  const value = item[attribute]?.N;
  return typeof value === 'string' ? Number(value) : undefined;
}

const tableDescription = z.object({
  Table: z.object({ KeySchema: z.array(z.object({ AttributeName: z.string() })) }),
});

async function keyNamesOf(table: string, call: Call): Promise<string[]> {
  const { Table } = tableDescription.parse(await call('DescribeTable', { TableName: table }));
  return Table.KeySchema.map(({ AttributeName }) => AttributeName);
}

/** Spares an item that was given a new time since it was seen. */
async function deleteUnchanged(
  table: string,
  attribute: string,
  keyNames: readonly string[],
  item: Item,
  call: Call,
): Promise<number> {
  try {
    await call('DeleteItem', {
      TableName: table,
      Key: Object.fromEntries(keyNames.map((name) => [name, item[name]])),
      ConditionExpression: '#expiry = :seen',
      ExpressionAttributeNames: { '#expiry': attribute },
      ExpressionAttributeValues: { ':seen': item[attribute] },
    });
    return 1;
  } catch (error) {
    if (error instanceof ServiceError && error.name === 'ConditionalCheckFailedException') return 0;
    throw error;
  }
}
