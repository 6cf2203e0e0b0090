import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { type Experiment, experiment } from '../core/experiments/experiment.ts';
import type { Fact } from '../core/experiments/fact.ts';

/** Where the real campaigns lie beside a checkout; not part of the project. */
export const CAMPAIGNS = fileURLToPath(
  new URL('../../shared/data/complete-journey/', import.meta.url),
);

/** A campaign of dunnhumby's “The Complete Journey”: to whom it was sent, and what they redeemed. */
export interface Campaign {
  readonly campaignId: string;
  /** Type A, B or C. */
  readonly type: string;
  readonly startsAt: string;
  readonly endsAt: string;
  /** By household: the mail, its redemptions and those of other campaigns. */
  readonly households: ReadonlyMap<string, readonly Fact[]>;
  /** Of households that it was not sent to. */
  readonly strayRedemptions: number;
}

const DAY_MS = 86_400_000;

/** Undefined where the files are absent. */
export async function readCampaigns(folder = CAMPAIGNS): Promise<Campaign[] | undefined> {
  if (!existsSync(folder)) return undefined;
  const [descriptions, sends, redemptions] = await Promise.all(
    ['campaign_descriptions', 'campaigns', 'coupon_redemptions'].map((name) =>
      readRows(join(folder, `${name}.csv.gz`)),
    ),
  );
  return (descriptions ?? []).map((row) => {
    const campaignId = row.campaign_id ?? '';
    const households = new Map<string, Fact[]>();
    for (const send of sends ?? []) {
      if (send.campaign_id !== campaignId) continue;
      households.set(send.household_id ?? '', [delivered(campaignId, row.start_date ?? '')]);
    }
    let strayRedemptions = 0;
    for (const [place, redemption] of (redemptions ?? []).entries()) {
      const facts = households.get(redemption.household_id ?? '');
      facts?.push(...redeemed(redemption, place));
      if (facts === undefined && redemption.campaign_id === campaignId) strayRedemptions += 1;
    }
    return {
      ...{ campaignId, type: row.campaign_type ?? '', households, strayRedemptions },
      ...{ startsAt: row.start_date ?? '', endsAt: row.end_date ?? '' },
    };
  });
}

/** The campaign as an experiment of which everybody is in one variant: its outcomes are counted as those are. */
export function campaignExperiment({ campaignId, startsAt }: Campaign): Experiment {
  return experiment.parse({
    schemaVersion: 1,
    experimentId: `campaign-${campaignId}`,
    version: 1,
    status: 'running',
    placement: `coupons-${campaignId}`,
    variants: [
      { id: 'sent', weight: 0.5 },
      { id: 'unsent', weight: 0.5 },
    ],
    startsAt: `${startsAt}T00:00:00Z`,
    primaryOutcome: 'conversion',
  });
}

/** The files say days: a mail counts from the beginning of its campaign's first. */
function delivered(campaignId: string, day: string): Fact {
  return {
    kind: 'delivered',
    atMs: Date.parse(day),
    campaign: campaignId,
    experiment: `campaign-${campaignId}`,
    variant: 'sent',
  };
}

/**
 * A coupon names its campaign, as a click names its block; what is bought with it comes a moment later. Of a day's
 * redemptions one comes after the other, as in the file.
 */
function redeemed(row: Readonly<Record<string, string>>, place: number): Fact[] {
  const { household_id, campaign_id: campaign = '', coupon_upc, redemption_date = '' } = row;
  const atMs = Date.parse(redemption_date) + DAY_MS / 2 + 2 * place;
  const order = `${household_id} ${campaign} ${coupon_upc} ${redemption_date}`;
  return [
    { kind: 'clicked', atMs, campaign, placement: `coupons-${campaign}` },
    { kind: 'ordered', atMs: atMs + 1, order, revenueMinor: 0, currency: 'USD' },
  ];
}

async function readRows(file: string): Promise<Record<string, string>[]> {
  const rows: Record<string, string>[] = [];
  const parser = parse({ columns: true });
  const reading = pipeline(createReadStream(file), createGunzip(), parser);
  for await (const row of parser as AsyncIterable<Record<string, string>>) rows.push(row);
  await reading;
  return rows;
}
