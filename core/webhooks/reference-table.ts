import type { RecordMapping } from '../mapping/record-mapping.ts';
import { vendorWebhooks } from './vendors.ts';

/** Which of an ESP's events becomes which of ours, in Markdown, from the rules that run. */
export function webhookTableMarkdown(): string {
  const rows = Object.values(vendorWebhooks)
    .flatMap(({ mappings }) => mappings)
    .map((mapping) => {
      const [esp = '', kind = ''] = mapping.id.split('/');
      return `| \`${esp}\` | \`${kind}\` | ${mapping.call.event} | ${sourceOf(mapping, 'userId')} | ${sourceOf(mapping, 'timestamp')} | ${ownProperties(mapping)} |`;
    });
  const head =
    '| ESP | its event | our event | customer, the first that is there | time | properties |';
  return [head, '| --- | --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function sourceOf({ fields }: RecordMapping, target: string): string {
  return fields
    .flatMap((rule) => (rule.to === target && 'from' in rule ? [rule.from].flat() : []))
    .map((path) => `\`${path}\``)
    .join(', ');
}

function ownProperties({ fields }: RecordMapping): string {
  const names = fields
    .filter(({ to }) => to.startsWith('properties.'))
    .map(({ to }) => `\`${to.slice('properties.'.length)}\``);
  return [...new Set(names)].join(', ');
}
