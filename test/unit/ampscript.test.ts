import { describe, expect, it } from 'vitest';
import { ampscriptOutput } from '../support/esp/ampscript.ts';

const run = async (source: string) => (await ampscriptOutput(source, { name: 'Ada' }, 100)).html;

describe('the AMPscript that the tests run', () => {
  it('sets, compares, repeats and writes', async () => {
    const source = `%%[ SET @n = 2 IF @n == 2 AND NOT EMPTY(name) THEN FOR @i = 1 TO @n DO ]%%<b>%%=v(@I)=%%</b>%%[ NEXT @i ELSE ]%%no%%[ ENDIF ]%%`;
    expect(await run(source)).toBe('<b>1</b><b>2</b>');
    expect(await run(source.replace('@n == 2', '@n > 2'))).toBe('no');
    expect(await run(`%%=Concat('a', LowerCase(name), IndexOf("abc", "c"))=%%`)).toBe('aada3');
  });

  it.each([
    ['a block that does not end', '%%[ IF 1 == 1 THEN ]%%a'],
    ['an end without a beginning', 'a%%[ ENDIF ]%%'],
    ['a statement that nobody knows', '%%[ LET @a = 1 ]%%'],
    ['a function that nobody knows', '%%=Upper("a")=%%'],
    ['a bracket that does not close', '%%=v("a"=%%'],
    ['a missing THEN', '%%[ IF 1 == 1 SET @a = 1 ENDIF ]%%'],
    ['a sign that is none', '%%[ SET @a = 1; ]%%'],
    ['an argument that is missing', '%%=Concat(,"a")=%%'],
    [
      'a row that is written',
      `%%=v(Row(BuildRowsetFromJson('{"items":[{"a":1}]}', "$.items[*]", 1), 1))=%%`,
    ],
    [
      'a field that is not there',
      `%%=Field(Row(BuildRowsetFromJson('{"items":[{"a":1}]}', "$.items[*]", 1), 1), "b")=%%`,
    ],
    [
      'no JSON, where errors end the send',
      `%%=RowCount(BuildRowsetFromJson("<p>", "$.items[*]", true))=%%`,
    ],
  ])('refuses %s', async (_, source) => {
    await expect(run(source)).rejects.toThrow();
  });

  it('has no rows of what is no JSON, where errors do not end the send', async () => {
    expect(await run(`%%=RowCount(BuildRowsetFromJson("<p>", "$.items[*]", false))=%%`)).toBe('0');
  });
});
