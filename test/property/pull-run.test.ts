import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PullStates } from '../../adapters/dynamodb/pull-states.ts';
import { type Connector, SourceUnavailableError } from '../../adapters/sources/connector.ts';
import { LEASE_MS, type PullState } from '../../core/events/pull-state.ts';
import { type PullReport, runPull } from '../../lambdas/ingest/pull-run.ts';

/** The process is gone in the middle of a step: nothing after it happens. */
class Crash extends Error {}

const RECORDS = 12;
const PAGE = 2;

/**
 * A source of twelve numbered records, one state, two runs whose steps are interleaved by the schedule, and
 * crashes before or after any of them.
 */
class World {
  nowMs = 1_000_000;
  readonly taken: number[] = [];
  readonly positions: number[] = [];
  #state: PullState | undefined;
  readonly #crashAt: ReadonlySet<number>;
  readonly #turn: () => Promise<void>;
  #step = 0;

  constructor(crashAt: ReadonlySet<number>, turn: () => Promise<void>) {
    this.#crashAt = crashAt;
    this.#turn = turn;
  }

  get state(): PullState | undefined {
    return this.#state;
  }

  /** Gives way to the other run, then perhaps dies, before or after the effect. */
  async #at<T>(life: { isOver: boolean }, effect: () => T): Promise<T> {
    await this.#turn();
    this.#dieAtThisStep(life);
    const result = effect();
    this.#dieAtThisStep(life);
    return result;
  }

  /** What is dead stays dead: it writes down no failure of its own. */
  #dieAtThisStep(life: { isOver: boolean }): void {
    if (this.#crashAt.has(this.#step++)) life.isOver = true;
    if (life.isOver) throw new Crash();
  }

  /** Of one run, which lives until it crashes. */
  ports() {
    const life = { isOver: false };
    const states: PullStates = {
      get: () => this.#at(life, () => this.#state),
      put: (_, state) =>
        this.#at(life, () => {
          if ((this.#state?.version ?? 0) !== state.version - 1) return false;
          this.#state = state;
          const at = state.cursor?.at;
          if (typeof at === 'number' && at !== this.positions.at(-1)) this.positions.push(at);
          return true;
        }),
    };
    const connector: Connector = {
      read: (cursor) =>
        this.#at(life, () => {
          const from = Number(cursor?.at ?? 0);
          const records = Array.from(
            { length: Math.min(PAGE, RECORDS - from) },
            (_, i) => from + i,
          );
          const next = from + records.length;
          return {
            calls: records,
            recordCount: records.length,
            next: { at: next },
            isEnd: next >= RECORDS,
          };
        }),
    };
    const take = (calls: readonly unknown[]) =>
      this.#at(life, () => void this.taken.push(...calls.map(Number)));
    return { states, connector, take, nowMs: () => this.nowMs };
  }

  async run(owner: string): Promise<PullReport | 'crashed'> {
    const document = { everySeconds: 60, overlapSeconds: 0, pageRecordsMax: PAGE, pagesMax: 100 };
    const options = {
      sourceId: 's',
      document,
      owner,
      isForced: true,
      deadlineMs: Number.MAX_SAFE_INTEGER,
    };
    try {
      const signal = new AbortController().signal;
      const report = await runPull({ ...options, signal }, this.ports());
      // A dead process reports nothing; here a crash inside of a step shows as a failure of that name.
      return report.reason === 'Error' ? 'crashed' : report;
    } catch (error) {
      if (error instanceof Crash) return 'crashed';
      throw error;
    }
  }
}

describe('runs over a pulled source', () => {
  it('take every record in at least once, whatever crashes between any two steps', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(120), { maxLength: 12 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
        async (crashes, turns) => {
          let turn = 0;
          // Some steps let the other run go first, by the schedule.
          const giveWay = async () => {
            if (turns[turn++ % turns.length]) await new Promise((resolve) => setImmediate(resolve));
          };
          const world = new World(new Set(crashes), giveWay);
          for (
            let round = 0;
            round < 40 && (world.state?.cursor?.at ?? 0) !== RECORDS;
            round += 1
          ) {
            await Promise.all([world.run(`a${round}`), world.run(`b${round}`)]);
            world.nowMs += LEASE_MS + 7 * 3_600_000;
          }
          expect(new Set(world.taken)).toEqual(
            new Set(Array.from({ length: RECORDS }, (_, i) => i)),
          );
          // The cursor never moves back, and never past what has been taken in.
          expect(world.positions).toEqual(world.positions.toSorted((a, b) => a - b));
          expect(world.positions.at(-1)).toBe(RECORDS);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never both advance: of two at once one is told that the other has it', async () => {
    const world = new World(new Set(), async () => {
      await new Promise((resolve) => setImmediate(resolve));
    });
    const reports = await Promise.all([world.run('a'), world.run('b')]);
    const outcomes = reports.map((report) => (report === 'crashed' ? report : report.outcome));
    expect(outcomes.toSorted()).toEqual(['finished', 'skipped']);
    expect(world.taken).toHaveLength(RECORDS);
  });

  it('back off after a failure, longer each time, and go on where they stood', async () => {
    const world = new World(new Set(), async () => {});
    const ports = world.ports();
    const failing: Connector = {
      read: async (cursor, context) => {
        if (cursor?.at === PAGE) throw new SourceUnavailableError('down');
        return ports.connector.read(cursor, context);
      },
    };
    const document = { everySeconds: 60, overlapSeconds: 0, pageRecordsMax: PAGE, pagesMax: 100 };
    const run = (connector: Connector) =>
      runPull(
        {
          sourceId: 's',
          document,
          owner: 'a',
          isForced: false,
          deadlineMs: Number.MAX_SAFE_INTEGER,
          signal: new AbortController().signal,
        },
        { ...ports, connector },
      );
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(await run(failing)).toMatchObject({ outcome: 'failed', reason: 'down' });
      expect(await run(failing)).toMatchObject({ outcome: 'skipped', reason: 'backing-off' });
      pauses.push((world.state?.retryAtMs ?? 0) - world.nowMs);
      world.nowMs = world.state?.retryAtMs ?? 0;
    }
    expect(pauses).toEqual([60_000, 120_000, 240_000]);
    expect(await run(ports.connector)).toMatchObject({ outcome: 'finished' });
    expect(world.taken.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: RECORDS }, (_, i) => i),
    );
    expect(world.state).not.toHaveProperty('retryAtMs');
  });

  it('stop at a source that never ends, over however many runs', async () => {
    const world = new World(new Set(), async () => {});
    const ports = world.ports();
    let pageNumber = 0;
    const endless: Connector = {
      read: async () => {
        pageNumber += 1;
        // Every second page leaves the run without time, so that the pass takes several.
        world.nowMs += pageNumber % 2 === 0 ? 60_000 : 1;
        return { calls: [], recordCount: 0, next: { at: pageNumber % 3 }, isEnd: false };
      },
    };
    const document = { everySeconds: 60, overlapSeconds: 0, pageRecordsMax: PAGE, pagesMax: 10 };
    const run = () =>
      runPull(
        {
          sourceId: 's',
          document,
          owner: 'a',
          isForced: false,
          deadlineMs: world.nowMs + 30_000,
          signal: new AbortController().signal,
        },
        { ...ports, connector: endless },
      );
    const reports: PullReport[] = [];
    while (reports.at(-1)?.outcome !== 'failed' && reports.length < 20) reports.push(await run());
    expect(pageNumber).toBe(10);
    expect(reports.at(-1)?.reason).toMatch(/no end after 10 pages.*"pagesMax"/);
    expect(reports.slice(0, -1).map(({ outcome }) => outcome)).toEqual(Array(5).fill('paused'));
  });
});
