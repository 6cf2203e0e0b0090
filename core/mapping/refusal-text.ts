import type { Issue } from '../events/issue.ts';

/** What is said of a refused call's first issue, without the numbers that differ from event to event. */
export function refusalText(issue: Pick<Issue, 'path' | 'message'> | undefined): string {
  if (issue === undefined) return 'refused by the collector';
  const path = issue.path.replace(/\[\d+\]/g, '[]');
  const message = issue.message.split(/[;(]/, 1)[0]?.trim() ?? '';
  return path === '' ? message : `${path}: ${message}`;
}
