import { attribute } from '../../core/experiments/attribute.ts';
import { questionsOf, unitOf } from '../../core/experiments/outcome-units.ts';
import { sumsOf } from '../../core/experiments/unit-sums.ts';
import { wilsonInterval } from '../../core/experiments/wilson-interval.ts';
import {
  CAMPAIGNS,
  type Campaign,
  campaignExperiment,
  readCampaigns,
} from '../../examples/campaign-facts.ts';
import { type Check, shown } from '../check.ts';

const MAILS = 6_589;
/** Long after the last window. */
const UNTIL_MS = Date.parse('2019-01-01');

interface Conversion {
  readonly campaign: Campaign;
  readonly mails: number;
  /** Converted mails within 1, 3 and 7 days. */
  readonly converted: readonly number[];
}

/** Conversion by campaign of real sends and redemptions, and whether the windows are what they should be. */
export async function campaignChecks(isTable: boolean): Promise<Check[]> {
  const campaigns = await readCampaigns();
  if (campaigns === undefined) {
    if (isTable) console.log(`campaigns: skipped, ${CAMPAIGNS} is absent`);
    return [];
  }
  const conversions = campaigns.map(conversionOf);
  if (isTable) printTable(conversions);
  const total = conversions.reduce((sum, { mails }) => sum + mails, 0);
  const nested = conversions.every(({ converted }) =>
    converted.every((count, at) => count >= (converted[at - 1] ?? 0)),
  );
  return [
    {
      ...{ name: 'real campaigns: mails attributed', value: total, unit: 'mails' },
      ...{ bound: `= ${MAILS}`, ok: total === MAILS },
    },
    {
      ...{ name: 'real campaigns: longer windows hold the shorter', value: nested ? 1 : 0 },
      ...{ unit: 'of 1', bound: '= 1', ok: nested },
    },
    ...[1, 3, 7].map((days, at) =>
      shown(
        `real campaigns: mails with a redemption within ${days} ${days === 1 ? 'day' : 'days'}`,
        conversions.reduce((sum, { converted }) => sum + (converted[at] ?? 0), 0),
        'mails',
      ),
    ),
  ];
}

function conversionOf(campaign: Campaign): Conversion {
  const experiment = campaignExperiment(campaign);
  const customers = [...campaign.households.values()].flatMap((facts) => {
    const found = attribute(facts, experiment);
    return found?.kind === 'exposed' ? [found] : [];
  });
  const questions = questionsOf(experiment).filter(({ outcome }) => outcome === 'conversion');
  const sums = questions.map((question) =>
    sumsOf(customers.flatMap((customer) => unitOf(customer, question, UNTIL_MS) ?? [])),
  );
  return { campaign, mails: sums[0]?.size ?? 0, converted: sums.map(({ value }) => value) };
}

function printTable(conversions: readonly Conversion[]): void {
  console.log('Complete Journey: share of a campaign’s mails with a redemption, 95 % (Wilson)');
  console.log(
    'campaign  type     mails    within 1 day          within 3 days         within 7 days',
  );
  for (const { campaign, mails, converted } of conversions) {
    const shares = converted.map((count) => {
      const { lower, upper } = wilsonInterval(count / mails, mails);
      return `${percent(count / mails)} (${percent(lower)} to ${percent(upper)})`.padEnd(20);
    });
    const name = campaign.campaignId.padStart(8);
    console.log(`${name}  ${campaign.type}  ${String(mails).padStart(6)}    ${shares.join('  ')}`);
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
