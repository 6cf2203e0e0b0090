import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Customers } from '../../lambdas/api/customers.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const READ_TAKES_MS = 100;

/** A store that answers, slowly, that it has no profile of this id. */
const slow = {
  secret: async () => 's'.repeat(64),
  findProfileId: () =>
    new Promise<string>((resolve) => setTimeout(() => resolve('profile-ada'), READ_TAKES_MS)),
  readProfile: async () => undefined,
};

async function kindOf(customers: Customers): Promise<string> {
  const found = customers.find('ada');
  await vi.advanceTimersByTimeAsync(1_000);
  return (await found).kind;
}

it('waits once for a connection to be made, and then for slow reads no longer than it is told', async () => {
  const patient = new Customers(slow, 150);
  expect(await kindOf(patient)).toBe('unknown');
  expect(await kindOf(patient)).toBe('unknown');
  const hurried = new Customers(slow, 50);
  expect(await kindOf(hurried)).toBe('unknown');
  expect(await kindOf(hurried)).toBe('unreadable');
});
