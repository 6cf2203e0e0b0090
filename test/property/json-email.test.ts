import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonMayHoldEmail } from '../../core/events/email-address.ts';
import { masked, withoutEmails } from '../../core/identity/mask-emails.ts';

const part = fc.constantFrom('@', 'ann', '@segment/node', '%40', '"', '\\', ' ', '.example', 'é');
const text = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));
const value = fc.oneof(
  text,
  fc.array(text, { maxLength: 3 }),
  fc.dictionary(text, text, { maxKeys: 3 }),
);

it('finds no address in JSON that surely holds none', () => {
  let sureCount = 0;
  fc.assert(
    fc.property(value, (stated) => {
      const json = JSON.stringify(stated);
      if (jsonMayHoldEmail(json)) return;
      if (json.includes('@')) sureCount += 1;
      expect(JSON.stringify(withoutEmails(stated, masked))).toBe(json);
    }),
    { numRuns: 20_000 },
  );
  expect(sureCount).toBeGreaterThan(200);
});
