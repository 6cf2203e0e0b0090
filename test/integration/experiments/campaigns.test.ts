import { describe, expect, it } from 'vitest';
import { attribute } from '../../../core/experiments/attribute.ts';
import { campaignExperiment, readCampaigns } from '../../../examples/campaign-facts.ts';

const campaigns = await readCampaigns();
if (campaigns === undefined) console.log('skipped: ../shared/data/complete-journey is not there');

describe.skipIf(campaigns === undefined)('real campaigns', () => {
  const mailsOf = () =>
    (campaigns ?? []).flatMap((campaign) => {
      const experiment = campaignExperiment(campaign);
      return [...campaign.households].flatMap(([household, facts]) => {
        const found = attribute(facts, experiment);
        if (found?.kind !== 'exposed') return [];
        return found.mails.map((mail) => ({ campaign, household, facts, mail }));
      });
    });

  it('have a mail for each of the 6,589 sends of 27 campaigns', () => {
    expect(campaigns).toHaveLength(27);
    expect(mailsOf()).toHaveLength(6_589);
  });

  it('convert in a window exactly where the household redeemed a coupon of the campaign in it', () => {
    let count = 0;
    for (const { campaign, facts, mail } of mailsOf()) {
      for (const days of [1, 3, 7] as const) {
        const untilMs = mail.atMs + days * 86_400_000;
        // Counted on the rows alone, without clicks, mails or orders.
        const isRedeemed = facts.some(
          (fact) =>
            fact.kind === 'clicked' &&
            fact.campaign === campaign.campaignId &&
            fact.atMs >= mail.atMs &&
            fact.atMs < untilMs,
        );
        expect(mail.conversions[days].orders > 0).toBe(isRedeemed);
        count += isRedeemed && days === 7 ? 1 : 0;
      }
    }
    expect(count).toBeGreaterThan(50);
  });

  it('leave a redemption of another campaign to that one', () => {
    const other = mailsOf().filter(
      ({ mail }) => mail.purchases[7].orders > 0 && mail.conversions[7].orders === 0,
    );
    expect(other.length).toBeGreaterThan(10);
  });
});
