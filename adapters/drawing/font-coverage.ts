/** `cmap` subtables of this format map ranges of any code points; every font of today has one. */
const FORMAT_RANGES = 12;
const TABLE_RECORD_BYTES = 16;
const RANGE_BYTES = 12;

/**
 * The code points for which a TrueType font has a glyph, from its `cmap`, format 12:
 * https://learn.microsoft.com/en-us/typography/opentype/spec/cmap#format-12-segmented-coverage
 * @throws Error when there is none.
 */
export function fontCoverage(font: Uint8Array): ReadonlySet<number> {
  const view = new DataView(font.buffer, font.byteOffset, font.byteLength);
  const subtable = rangesOf(view, tableOf(view, 'cmap'));
  const covered = new Set<number>();
  const rangeCount = view.getUint32(subtable + 12);
  for (let index = 0; index < rangeCount; index += 1) {
    const range = subtable + 16 + index * RANGE_BYTES;
    const last = view.getUint32(range + 4);
    for (let codePoint = view.getUint32(range); codePoint <= last; codePoint += 1) {
      covered.add(codePoint);
    }
  }
  return covered;
}

function tableOf(view: DataView, wanted: string): number {
  const tableCount = view.getUint16(4);
  for (let index = 0; index < tableCount; index += 1) {
    const record = 12 + index * TABLE_RECORD_BYTES;
    const name = String.fromCharCode(...[0, 1, 2, 3].map((at) => view.getUint8(record + at)));
    if (name === wanted) return view.getUint32(record + 8);
  }
  throw new Error(`the font has no table ${wanted}`);
}

function rangesOf(view: DataView, cmap: number): number {
  const subtableCount = view.getUint16(cmap + 2);
  for (let index = 0; index < subtableCount; index += 1) {
    const subtable = cmap + view.getUint32(cmap + 4 + index * 8 + 4);
    if (view.getUint16(subtable) === FORMAT_RANGES) return subtable;
  }
  throw new Error(`the font has no cmap of format ${FORMAT_RANGES}`);
}
