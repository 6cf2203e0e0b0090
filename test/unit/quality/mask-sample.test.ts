import { describe, expect, it } from 'vitest';
import { isPersonalColumn, maskSample, maskText } from '../../../core/quality/mask-sample.ts';

describe('samples are masked', () => {
  it.each([
    ...['email', 'E-Mail', 'customer_email', 'firstName', 'LAST_NAME', 'name', 'fullName'],
    ...['phone', 'Mobile number', 'street', 'ShippingAddress', 'postcode', 'zip', 'birthday', 'ip'],
  ])('whole in a column called %s', (column) => {
    const [masked] = Object.values(maskSample({ [column]: 'Ada Lovelace' }, {}));
    expect(masked).toBe('••• (12 characters)');
  });

  it.each(['order_id', 'Description', 'StockCode', 'Country', 'currency', 'filename'])(
    'not in a column called %s',
    (column) => expect(isPersonalColumn(column, undefined)).toBe(false),
  );

  it('as the suite says, whatever the name', () => {
    const row = { name: 'Red mug', nickname: 'x', code: 'Ada' };
    const columns = {
      name: { type: 'text', isPersonal: false },
      code: { type: 'text', isPersonal: true },
    } as const;
    expect(maskSample(row, columns)).toMatchObject({ name: 'Red mug', code: '••• (3 characters)' });
  });

  it('whole where a column holds JSON, which may hold anything', () => {
    const masked = maskSample({ traits: '{"a":"Ada"}' }, { traits: { type: 'json' } });
    expect(JSON.stringify(masked)).not.toContain('Ada');
  });

  it.each([
    ['write to ada@example.com please', 'write to •••@••• please'],
    ['ada%40example.com', '•••@•••'],
    ['call +44 20 7946 0958 now', 'call ••• now'],
    ['(020) 7946-0958', '•••'],
    ['0170 1234567', '•••'],
  ])('in any text: %s', (text, masked) => {
    expect(maskText(text)).toBe(masked);
  });

  it.each(['2010-12-01 08:26:00', '536365', '85123A', '-11062.06', '9780141036137', '12.50'])(
    'but not where a text is a date, a code or an amount: %s',
    (text) => {
      expect(maskText(text)).toBe(text);
    },
  );

  it('never longer than a line', () => {
    const { note } = maskSample({ note: 'x'.repeat(5000) }, {});
    expect(String(note).length).toBeLessThan(130);
  });
});
