import { datasets, placeText, type Retention } from './datasets.ts';

/** The list for the documentation, in Markdown. */
export function datasetsMarkdown(): string {
  const rows = datasets.map(({ place, holds, retention, reason, erasure, why }) => {
    const kept = typeof retention === 'number' ? days(retention) : settingText[retention];
    const erased = why === undefined ? erasure : `${erasure}: ${why}`;
    return `| ${placeText(place)} | ${holds} | ${kept} | ${reason} | ${erased} |`;
  });
  const head = '| where | what | kept | why so long | on erasure |';
  return [head, '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

const settingText: Readonly<Record<Exclude<Retention, number>, string>> = {
  lakeRetentionDays: '`lakeRetentionDays`',
  profileRetentionDays: '`profileRetentionDays`',
  snapshotRetentionDays: '`snapshotRetentionDays`',
  kept: 'for good',
};

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}
