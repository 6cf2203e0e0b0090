import type { Preview } from '../../core/blocks/preview.ts';
import type { Terminal } from '../terminal.ts';

type Styles = Pick<Terminal, 'bold' | 'dim'>;

/** Longer titles and ids are cut, so that a line stays a line. */
const CELL_MAX = 36;
/** Dropped items that are named of a rule; the JSON has more. */
const NAMED_MAX = 4;
const HOURS_PER_DAY = 24;

/** A preview for people, line by line. */
export function previewText(of: Preview, styles: Styles): string[] {
  const sections = [
    headOf(of, styles),
    tableOf(of, styles),
    dropsOf(of, styles),
    endOf(of, styles),
  ];
  return sections.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function headOf({ placement, model, assignment, customer, at }: Preview, { bold }: Styles) {
  const edited = placement.isEdited ? ', edited' : ', as it is bundled';
  const lines = [
    bold(`${placement.id}, version ${placement.version}${edited}, at ${at}`),
    `heading   ${plain(placement.heading)}`,
    ...(placement.template === null ? [] : [`template  ${placement.template}`]),
    `ladder    ${placement.ladder.join(' ▸ ')}`,
    `customer  ${customer.state}: ${customer.explanation}`,
  ];
  if (customer.newestDeedAt !== null) {
    const deeds = customer.deedCount === 1 ? '1 deed' : `${customer.deedCount} deeds`;
    lines.push(`          ${deeds}, the newest of ${customer.newestDeedAt}`);
  }
  lines.push(
    model === null
      ? 'model     none is published'
      : `model     ${model.id}, ${ageText(model.ageHours)} old${model.isChosen ? ', chosen' : ''}`,
  );
  if (assignment !== null) {
    const forced = assignment.isForced ? ', chosen' : '';
    const place = assignment.position === null ? '' : `, at position ${assignment.position}`;
    lines.push(`variant   ${assignment.variant} of ${assignment.experiment}${forced}${place}`);
  }
  return lines;
}

function ageText(hours: number): string {
  return hours < 2 * HOURS_PER_DAY
    ? `${hours.toFixed(1)} hours`
    : `${(hours / HOURS_PER_DAY).toFixed(1)} days`;
}

const heads = ['#', 'item', 'title', 'rung', 'score', 'reason'] as const;

function tableOf({ items }: Preview, { dim }: Styles): string[] {
  const rows = items.map(({ place, itemId, title, rung, score, reason }) => [
    String(place),
    cell(itemId),
    cell(title),
    rung,
    scoreText(score),
    plain(reason),
  ]);
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  const lineOf = (row: readonly string[]) =>
    row
      .map((text, column) => text + ' '.repeat((widths[column] ?? 0) - [...text].length))
      .join('  ')
      .trimEnd();
  return [dim(lineOf(heads)), ...rows.map(lineOf)];
}

/** Three figures are enough to compare, and no power of ten is easy to read. */
function scoreText(score: number | null): string {
  if (score === null) return '';
  return score >= 100 ? score.toFixed(0) : score.toPrecision(3);
}

function dropsOf({ drops }: Preview, { dim }: Styles): string[] {
  if (drops.length === 0) return ['dropped: nothing'];
  const counts = drops.map(({ rule, itemCount }) => `${itemCount} by “${rule}”`);
  const named = drops.map(({ rule, itemCount, items }) => {
    const shown = items
      .slice(0, NAMED_MAX)
      .map(({ itemId, isListed }) => cell(itemId) + (isListed ? ' (listed in the end)' : ''));
    const more = itemCount > shown.length ? ` and ${itemCount - shown.length} more` : '';
    return dim(`  ${rule}: ${shown.join(', ')}${more}`);
  });
  return [`dropped: ${counts.join(', ')}`, ...named];
}

function endOf({ notes, limits }: Preview, { dim }: Styles): string[] {
  return [...notes.map((note) => `note: ${note}`), ...limits.map((limit) => dim(`but: ${limit}`))];
}

function cell(text: string): string {
  const characters = [...plain(text)];
  return characters.length <= CELL_MAX
    ? characters.join('')
    : `${characters.slice(0, CELL_MAX - 1).join('')}…`;
}

/** What a shop calls its products must not steer a terminal. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}
