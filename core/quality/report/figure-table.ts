import { escaped } from './markup.ts';

/** A table of figures that scrolls by itself where the page is narrow; the first column names, the others count. */
export function figureTable(
  labelledBy: string,
  names: readonly string[],
  rows: readonly string[],
): string {
  const heads = names.map(
    (name, at) => `<th scope="col"${at === 0 ? '' : ' class="number"'}>${escaped(name)}</th>`,
  );
  return `<div class="scroll" role="region" aria-labelledby="${labelledBy}" tabindex="0"><table>
<thead><tr>${heads.join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table></div>`;
}

/** The columns that count, of one row. */
export function numberCells(values: readonly string[]): string {
  return values.map((value) => `<td class="number">${escaped(value)}</td>`).join('');
}
