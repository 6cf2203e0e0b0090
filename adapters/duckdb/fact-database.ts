import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import * as z from 'zod';
import { type Fact, factEvents, factOf } from '../../core/experiments/fact.ts';
import { literal, literals } from '../../core/quality/sql/sql-text.ts';
import { explainedSpace } from './disk-full.ts';
import { type DatabaseOptions, openDatabase } from './open-database.ts';

/** One customer with all facts of the days. */
export interface CustomerFacts {
  readonly facts: readonly Fact[];
}

const text = z.string().nullable();
/** As DuckDB gives the columns below. */
const row = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.bigint(),
  text,
  text,
  text,
  text,
  z.number().nullable(),
]);

/** Lists of products and pages' contexts are most of an event, and nothing here asks for them. */
const COLUMNS = `customer, event, message_id, epoch_ms(occurred_at) AS at_ms, order_id, currency,
    CASE WHEN event <> 'Order Completed' THEN properties END AS properties,
    CASE WHEN event IN ('Email Opened', 'Email Link Clicked', 'Block Clicked', 'Experiment Viewed')
      THEN context END AS context,
    revenue`;

/** DuckDB as it collects the facts of days: what no experiment asks for never becomes a row of JavaScript. */
export class FactDatabase {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(options: DatabaseOptions): Promise<FactDatabase> {
    const instance = await openDatabase(options);
    const database = new FactDatabase(instance, await instance.connect());
    await database.#run("SET TimeZone = 'UTC'");
    await database.#run(
      `CREATE TABLE facts (customer VARCHAR, event VARCHAR, message_id VARCHAR, at_ms BIGINT, order_id VARCHAR,
         currency VARCHAR, properties VARCHAR, context VARCHAR, revenue DOUBLE)`,
    );
    return database;
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  /** Takes the facts of a day's Parquet files; the files may go afterwards. */
  async addDay(files: readonly string[]): Promise<void> {
    if (files.length === 0) return;
    await this.#run(
      `INSERT INTO facts SELECT ${COLUMNS} FROM read_parquet([${literals(files)}])
       WHERE customer IS NOT NULL AND event IN (${literals(factEvents)})`,
    );
  }

  /** The identities by which facts name customers, each once. */
  async customers(): Promise<string[]> {
    const found = await this.#connection.runAndReadAll('SELECT DISTINCT customer FROM facts');
    return found.getRows().map(([customer]) => String(customer));
  }

  /**
   * The customers of whom any fact names the experiment, one after the other, with all their facts. `owners` says whose an
   * identity is; one that is nobody's is a customer by itself.
   */
  async *factsAbout(
    experimentId: string,
    owners: ReadonlyMap<string, string>,
  ): AsyncGenerator<CustomerFacts> {
    await this.#fillOwners(owners);
    const sql = `WITH owned AS (
        SELECT coalesce(owner, customer) AS owner, facts.* EXCLUDE (customer)
        FROM facts LEFT JOIN owners USING (customer)
      )
      SELECT owner, event, message_id, at_ms, order_id, currency, properties, context, revenue FROM owned
      WHERE owner IN (
        SELECT owner FROM owned WHERE contains(properties, ${literal(JSON.stringify(experimentId))})
      )
      ORDER BY owner, at_ms, message_id`;
    let open: { owner: string; facts: Fact[] } | undefined;
    for await (const { owner, fact } of this.#rows(sql)) {
      if (open !== undefined && open.owner !== owner) yield { facts: open.facts };
      if (open?.owner !== owner) open = { owner, facts: [] };
      if (fact !== undefined) open.facts.push(fact);
    }
    if (open !== undefined) yield { facts: open.facts };
  }

  async #fillOwners(owners: ReadonlyMap<string, string>): Promise<void> {
    await this.#run('CREATE OR REPLACE TABLE owners (customer VARCHAR, owner VARCHAR)');
    const appender = await this.#connection.createAppender('owners');
    for (const [customer, owner] of owners) {
      appender.appendVarchar(customer);
      appender.appendVarchar(owner);
      appender.endRow();
    }
    appender.closeSync();
  }

  /** A chunk of some two thousand in memory. */
  async *#rows(sql: string): AsyncGenerator<{ owner: string; fact: Fact | undefined }> {
    const result = await this.#connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      for (const values of chunk.getRows()) {
        const [owner, event, messageId, atMs, orderId, currency, properties, context, revenue] =
          row.parse(values);
        const fact = factOf({
          ...{ event, messageId, atMs: Number(atMs), orderId: orderId ?? undefined },
          ...{ currency: currency ?? undefined, properties: properties ?? undefined },
          ...{ context: context ?? undefined, revenue: revenue ?? undefined },
        });
        yield { owner, fact };
      }
    }
  }

  async #run(sql: string): Promise<void> {
    try {
      await this.#connection.run(sql);
    } catch (error) {
      throw explainedSpace(error);
    }
  }
}
