import { beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/training/seeded-random.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';
import { expectExactlyOnce, people, SEED, sendUnderLoad } from './sending-under-load.ts';

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud();
  return () => test.stop();
});

/** Within the ten seconds that sending takes. */
const KILLS = 15;

describe('every acknowledged event is exactly once in effect', () => {
  it.each(['Collect', 'Enrich'])(
    'when the function %s is killed at random moments under load',
    async (killed) => {
      const random = seededRandom(SEED);
      const killing = (async () => {
        for (let kill = 0; kill < KILLS; kill += 1) {
          await new Promise((resolve) => setTimeout(resolve, 200 + random() * 800));
          test.cloud.functions.kill(killed);
        }
      })();
      const told = await sendUnderLoad(test, people(`killed-${killed}`, 12), 100);
      await killing;
      await expectExactlyOnce(test, told);
    },
    180_000,
  );

  it('when batches come twice, in any order, from clocks that are hours off', async () => {
    const random = seededRandom(SEED);
    const userId = 'skewed';
    const startMs = Date.now() - 10 * 60_000;
    const batches = Array.from({ length: 20 }, (_, batch) => {
      const skewMs = Math.round((random() - 0.5) * 10 * 3_600_000);
      return () => ({
        // What the device's clock says, now and at the event.
        sentAt: new Date(Date.now() + skewMs).toISOString(),
        batch: Array.from({ length: 5 }, (_, index) => {
          const number = batch * 5 + index;
          return {
            type: 'track',
            userId,
            event: 'Product Viewed',
            messageId: `skewed-${number}`,
            timestamp: new Date(startMs + number * 1_000 + skewMs).toISOString(),
            properties: { product_id: `skewed-item-${number}` },
          };
        }),
      });
    });
    const sent = [...batches, ...batches, ...batches]
      .map((batch) => ({ batch, place: random() }))
      .toSorted((a, b) => a.place - b.place);
    for (const { batch } of sent) {
      const answer = await test.send('/v1/batch', batch());
      expect(answer.status).toBe(200);
    }
    const profile = await eventually(
      'all hundred events',
      () => test.profileOf(userId),
      (found) => (found?.eventCount ?? 0) >= 100,
    );
    expect(profile?.eventCount).toBe(100);
    const items = profile?.recent.map(({ itemId }) => itemId);
    expect(items).toHaveLength(100);
    // Five events of one batch keep their order exactly; between batches a request's time may lie.
    for (const [place, { timeMs }] of (profile?.recent ?? []).entries()) {
      const expectedMs = startMs + (99 - place) * 1_000;
      expect(Math.abs(timeMs - expectedMs)).toBeLessThan(5_000);
    }
  });
});
