import type { InspectedEvent } from '../../core/events/inspection/inspected-event.ts';
import type { Terminal } from '../terminal.ts';

/** One event as a person reads it: time, source, what it is, what became of it, and why. */
export function eventLine(source: string, event: InspectedEvent, terminal: Terminal): string {
  const time = (event.receivedAt ?? event.writtenAt).slice(11, 23);
  const name = event.event ?? event.type ?? 'record';
  const became = event.fates.join(' ▸ ');
  const isWell = event.reason === undefined;
  const words = [
    terminal.dim(time),
    source,
    printable(name),
    isWell ? became : terminal.bold(`${became}: ${printable(event.reason ?? '')}`),
    terminal.dim(printable(event.messageId ?? '')),
  ];
  const issues = (event.issues ?? []).map(
    ({ path, message }) => `    ${printable(path || 'the call')}: ${printable(message)}`,
  );
  return [words.filter((word) => word !== '').join('  '), ...issues].join('\n');
}

/** Names and ids are the sender's: what would steer a terminal is not printed. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '·');
}
