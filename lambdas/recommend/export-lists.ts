import type { ProfilePage } from '../../adapters/dynamodb/profile-segment.ts';
import type { PartPlace } from '../../adapters/s3/export-store.ts';
import { bundledPlacements, withDocuments } from '../../core/blocks/bundled-placements.ts';
import { customerColumns, itemColumns } from '../../core/blocks/exported-rows.ts';
import { presentItems } from '../../core/blocks/present.ts';
import {
  addExportCounts,
  type ExportCounts,
  type ExportProgress,
  type ExportRun,
  type ExportUnit,
  noExportCounts,
} from '../../core/blocks/recommendation-export.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { CuratedPart } from '../../core/quality/curated-part.ts';
import { requestedLimit } from '../../core/ranking/requested-limit.ts';
import { similarItems } from '../../core/ranking/similar-items.ts';
import type { Model } from '../../core/training/model.ts';
import { servedCustomer } from '../api/customers.ts';
import type { LiveCatalogue } from '../api/live-catalogue.ts';
import { Recommender } from '../api/recommend.ts';

/** What a piece of work of an export reaches out to. */
export interface ExportPorts {
  readonly model: Model;
  readonly catalogue: Pick<LiveCatalogue, 'itemsOf'>;
  readProfiles(
    unit: Extract<ExportUnit, { list: 'customers' }>,
    after: string | undefined,
  ): Promise<ProfilePage>;
  writePart(place: PartPlace, part: CuratedPart<never>): Promise<ExportProgress['files']>;
  /** Makes it durable how far the work has come. */
  keep(progress: ExportProgress): Promise<void>;
  readonly nowMs: () => number;
}

export interface ExportLimits {
  /** Rows of a file: some tens of megabytes in memory. */
  readonly partRowsMax: number;
  /** When a step is to come to its end, epoch ms. */
  readonly deadlineMs: number;
}

/** Candidates looked up in the catalogue per item wanted, as when serving. */
const CANDIDATES_PER_ITEM = 2;
/** Items of the model between two looks at the clock. */
const ITEMS_AT_ONCE = 100;

/**
 * Goes on with one piece of work until it is done or the deadline. Repeating it from any earlier progress writes the
 * same files again.
 */
export async function exportUnitLists(
  run: ExportRun,
  unitNumber: number,
  start: ExportProgress,
  ports: ExportPorts,
  limits: ExportLimits,
): Promise<ExportProgress> {
  const unit = run.units[unitNumber];
  if (unit === undefined || start.isDone) return { ...start, isDone: true };
  const pages =
    unit.list === 'customers'
      ? customerPages(run, unit, start.after, ports)
      : itemPages(run, unit, start.after, ports);
  const columns = unit.list === 'customers' ? customerColumns : itemColumns;
  const newPart = (): CuratedPart<never> => new CuratedPart<never>(columns);
  let part = newPart();
  let counts = noExportCounts;
  let progress = start;
  const write = async (after: string | undefined): Promise<void> => {
    const place = { list: unit.list, unit: unitNumber, part: progress.partCount };
    const isEmpty = part.rowCount === 0;
    const files = isEmpty ? [] : await ports.writePart(place, part);
    progress = {
      isDone: after === undefined,
      ...(after !== undefined && { after }),
      partCount: progress.partCount + (isEmpty ? 0 : 1),
      counts: addExportCounts(progress.counts, counts),
      files: [...progress.files, ...files],
    };
    await ports.keep(progress);
    part = newPart();
    counts = noExportCounts;
  };
  for await (const page of pages) {
    page.addTo(part);
    counts = addExportCounts(counts, page.counts);
    const isOver = ports.nowMs() >= limits.deadlineMs;
    if (page.after === undefined || isOver || part.rowCount >= limits.partRowsMax) {
      await write(page.after);
      if (isOver) return progress;
    }
  }
  return progress;
}

/** Some lists, with what is counted of them, and where the next begin. */
interface ListPage {
  readonly counts: ExportCounts;
  readonly after: string | undefined;
  addTo(part: CuratedPart<never>): void;
}

function rowsInto<Row>(rows: readonly Row[]): ListPage['addTo'] {
  return (part: CuratedPart<Row>) => {
    for (const row of rows) part.add(row);
  };
}

async function* customerPages(
  run: ExportRun,
  unit: Extract<ExportUnit, { list: 'customers' }>,
  start: string | undefined,
  ports: ExportPorts,
): AsyncGenerator<ListPage> {
  const listOf = customerLists(run, ports);
  let after = start;
  do {
    const page = await ports.readProfiles(unit, after);
    const lists = [];
    for (const profile of page.profiles) lists.push(await listOf(profile));
    const counts = lists.map((list) => list.counts).reduce(addExportCounts, noExportCounts);
    yield {
      counts: { ...counts, unreadable: page.unreadableCount },
      after: page.after,
      addTo: rowsInto(lists.flatMap(({ rows }) => rows)),
    };
    after = page.after;
  } while (after !== undefined);
}

/** A customer's rows, by the very code that answers requests. */
function customerLists({ request, placement, startedAt }: ExportRun, ports: ExportPorts) {
  let profile: Profile | undefined;
  const recommender = new Recommender({
    placements: withDocuments(bundledPlacements, new Map([[placement.id, placement]])),
    customers: {
      find: async (key) =>
        profile === undefined ? { kind: 'absent', shown: '' } : servedCustomer(key ?? '', profile),
    },
    model: { get: async () => ports.model },
    catalogue: ports.catalogue,
  });
  const limit = request.limit === undefined ? undefined : String(request.limit);
  return async (next: Profile) => {
    const { profileId: customer, identities } = next;
    const { kind } = servedCustomer(customer, next);
    // Nothing may be sent to them, so there is nothing to fill.
    if (kind === 'suppressed') return { rows: [], counts: { ...noExportCounts, suppressed: 1 } };
    profile = next;
    const query = { placement: request.placement, customer, limit };
    const { recommendation } = await recommender.answer(query, Date.parse(startedAt));
    const rows = recommendation.items.map((item, index) => ({
      customer,
      identities,
      recommendation,
      item,
      rank: index + 1,
    }));
    const notPersonalized = kind === 'no-consent' ? 1 : 0;
    return { rows, counts: { ...noExportCounts, customers: 1, notPersonalized } };
  };
}

async function* itemPages(
  { request, placement, startedAt }: ExportRun,
  { from, until }: Extract<ExportUnit, { list: 'items' }>,
  start: string | undefined,
  { model, catalogue }: ExportPorts,
): AsyncGenerator<ListPage> {
  const limit = request.limit ?? requestedLimit(undefined, placement.limit).limit;
  const base = {
    placement,
    content: bundledPlacements.contentOf(placement),
    nowMs: Date.parse(startedAt),
    model,
  };
  const shown = { placement: placement.id, model: model.id, generatedAt: startedAt };
  let at = start === undefined ? from : Number(start);
  do {
    const end = Math.min(until, at + ITEMS_AT_ONCE);
    const rows = [];
    let items = 0;
    for (const { itemId } of model.items.slice(at, end)) {
      const spare = { ...base, limit: limit * CANDIDATES_PER_ITEM, liveItems: new Map() };
      const candidates = similarItems(spare, itemId).map(({ item }) => item.itemId);
      const { items: liveItems } = await catalogue.itemsOf(candidates);
      const list = presentItems(similarItems({ ...base, limit, liveItems }, itemId), placement);
      rows.push(...list.map((item, index) => ({ itemId, ...shown, item, rank: index + 1 })));
      if (list.length > 0) items += 1;
    }
    at = end;
    const after = at < until ? String(at) : undefined;
    yield { counts: { ...noExportCounts, items }, after, addTo: rowsInto(rows) };
  } while (at < until);
}
