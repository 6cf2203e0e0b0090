import { beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/training/seeded-random.ts';
import { startTestCloud, type TestCloud } from './cloud.ts';
import { expectExactlyOnce, people, SEED, sendUnderLoad } from './sending-under-load.ts';

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud();
  return () => test.stop();
});

describe('every acknowledged event is exactly once in effect', () => {
  it('when the stream throttles and fails in parts for a minute', async () => {
    let hits = 0;
    const onHit = () => {
      hits += 1;
    };
    const random = seededRandom(SEED);
    // Of three requests one is throttled and one loses half of its records.
    const { faults } = test.cloud;
    const injected = [
      faults.inject({
        service: 'kinesis',
        operation: 'PutRecords',
        when: () => random() < 1 / 3,
        action: { kind: 'throttle' },
        onHit,
      }),
      faults.inject({
        service: 'kinesis',
        when: () => random() < 1 / 2,
        action: { kind: 'partial', share: 0.5 },
        onHit,
      }),
    ];
    const minute = new Promise((resolve) => setTimeout(resolve, 60_000));
    const sending = sendUnderLoad(test, people('throttled', 12), 600);
    await minute;
    for (const fault of injected) fault.lift();
    const told = await sending;
    expect(hits).toBeGreaterThan(20);
    await expectExactlyOnce(test, told);
  }, 240_000);
});
