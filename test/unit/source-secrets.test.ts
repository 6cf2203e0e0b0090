import { beforeEach, describe, expect, it, vi } from 'vitest';

const readSecret = vi.hoisted(() => vi.fn<(secretId: string) => Promise<string>>());
vi.mock('../../adapters/secrets/secret-reader.ts', () => ({ readSecret }));

import { readSourceSecrets } from '../../adapters/secrets/source-secrets.ts';

describe('the secrets of a source', () => {
  beforeEach(() => readSecret.mockReset());

  it("are its own entry, whatever another source's holds", async () => {
    readSecret.mockResolvedValue('{"shop":{"token":"t"},"crm":7}');
    expect(await readSourceSecrets('all', 'shop')).toEqual({ token: 't' });
  });

  it('are none where it has no entry, by an inherited name either', async () => {
    readSecret.mockResolvedValue('{}');
    expect(await readSourceSecrets('all', 'shop')).toEqual({});
    expect(await readSourceSecrets('all', 'constructor')).toEqual({});
  });

  it.each([
    '{"shop":{"token":"hidden"',
    '["hidden"]',
    '{"shop":"hidden"}',
    '{"shop":{"token":["hidden"]}}',
  ])('are refused in another form without repeating it: %s', async (text) => {
    readSecret.mockResolvedValue(text);
    const reading = readSourceSecrets('all', 'shop');
    await expect(reading).rejects.toThrow(/write/);
    await expect(reading).rejects.not.toThrow(/hidden/);
  });
});
