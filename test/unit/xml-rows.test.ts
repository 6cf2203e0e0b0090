import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readRows } from '../../adapters/files/read-rows.ts';
import { mappingConfig } from '../../core/mapping/file-drop.ts';
import type { Row } from '../../core/mapping/row.ts';

const mapping = mappingConfig.parse({
  id: 'feed',
  format: { type: 'xml', row: 'item' },
  fields: {
    id: { column: 'id', type: 'string' },
    link: { column: 'link', type: 'string' },
  },
  items: { itemId: 'id', url: 'link' },
});

/** The rows of a text that arrives in pieces of this many bytes. */
async function rowsOf(text: string, pieceBytes = 7, from = 0): Promise<Row[]> {
  const bytes = Buffer.from(text);
  const file = {
    name: 'feed.xml',
    bytes: bytes.length,
    async read(start: number, end = bytes.length) {
      const part = bytes.subarray(start, end);
      const count = Math.ceil(part.length / pieceBytes);
      return Readable.from(
        Array.from({ length: count }, (_, at) =>
          part.subarray(at * pieceBytes, (at + 1) * pieceBytes),
        ),
      );
    },
  };
  const rows: Row[] = [];
  const place = { offset: 0, rows: from, header: [] };
  for await (const batch of readRows(file, mapping, place)) rows.push(...batch.rows);
  return rows;
}
const cellsOf = (rows: readonly Row[]) => rows.map(({ cells }) => cells);
const wrapped = (items: string) => `<?xml version="1.0"?><rss><channel>${items}</channel></rss>`;

describe('rows of XML', () => {
  it('are told by the names behind the prefix, whatever is around and inside them', async () => {
    const text = wrapped(
      `<link>outside</link><item><g:id xmlns:g="x"> zoë &amp; <![CDATA[<b>]]></g:id>
       <g:shipping xmlns:g="x"><id>inner</id></g:shipping><link href="https://a"/></item>
       <!-- <item><id>comment</id></item> --><item><id>2</id><id>again</id></item>`,
    );
    for (const pieceBytes of [1, 7, 10_000]) {
      expect(cellsOf(await rowsOf(text, pieceBytes))).toEqual([
        ['zoë & <b>', 'https://a'],
        ['2', ''],
      ]);
    }
  });

  it('go on from any place', async () => {
    const items = Array.from({ length: 1_200 }, (_, at) => `<item><id>${at}</id></item>`);
    const text = wrapped(items.join(''));
    const whole = await rowsOf(text, 1_000);
    expect(whole).toHaveLength(1_200);
    for (const from of [1, 500, 1_199, 1_200]) {
      expect(await rowsOf(text, 1_000, from)).toEqual(whole.slice(from));
    }
  });

  it.each([
    ['that was cut off', wrapped('<item><id>1</id></item>').slice(0, -9)],
    ['with a tag that is never closed', wrapped('<item><id>1</item>')],
    ['that is an error’s page', '<p>Sorry<br>500</p>'],
    [
      'whose entities multiply',
      `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>${wrapped('<item><id>&b;</id></item>').slice(21)}`,
    ],
    [
      'whose entities are files',
      `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${wrapped('<item><id>&a;</id></item>').slice(21)}`,
    ],
  ])('are none of a file %s', async (_, text) => {
    await expect(rowsOf(text)).rejects.toThrow(/feed\.xml is not well-formed XML at line \d+/);
  });

  it('are refused one by one for a value without end', async () => {
    const text = wrapped(`<item><id>${'x'.repeat(200_000)}</id></item><item><id>2</id></item>`);
    const [long, short] = await rowsOf(text, 4_096);
    expect(long?.problem).toContain('more than 100000 characters');
    expect(short?.cells[0]).toBe('2');
  });
});
