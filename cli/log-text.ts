import type { LogLine } from '../local/log-line.ts';
import type { Terminal } from './terminal.ts';

/** Widest word in the first column. */
const LABEL_WIDTH = 8;
/** A function's line beyond this says nothing more to a person; the rest is cut. */
const LINE_LENGTH_MAX = 400;

/** One readable line for what happened in the local cloud, with the time of day in UTC. */
export function logText(line: LogLine, terminal: Terminal, at: Date): string {
  const { label, text } = parts(line);
  const time = terminal.dim(at.toISOString().slice(11, 23));
  return `${time} ${terminal.dim(label.padEnd(LABEL_WIDTH))} ${text.slice(0, LINE_LENGTH_MAX)}`;
}

function parts(line: LogLine): { label: string; text: string } {
  switch (line.kind) {
    case 'request': {
      const { method, path, status, durationMs } = line;
      return { label: 'api', text: `${method} ${path} → ${status} (${durationMs.toFixed(1)} ms)` };
    }
    case 'batch':
      return { label: 'stream', text: batchText(line) };
    case 'delivery':
      return {
        label: 'lake',
        text: `${plural(line.recordCount, 'event')} written, ${line.bytes} bytes`,
      };
    case 'workflow':
      return { label: 'workflow', text: `${line.event} (${line.execution})` };
    case 'schedule':
      return { label: 'schedule', text: `${line.name} ${line.event}` };
    case 'alarm':
      return { label: 'alarm', text: line.subject };
    case 'function':
      return { label: 'function', text: `${line.functionName}: ${line.line}` };
    case 'trouble':
      return { label: 'trouble', text: line.message };
  }
}

function batchText(line: Extract<LogLine, { kind: 'batch' }>): string {
  const { functionName, shardId, recordCount, outcome, failedCount, durationMs } = line;
  const shard = Number(shardId.split('-').at(-1));
  const again = outcome === 'partial' ? `, ${failedCount} again` : '';
  const records = plural(recordCount, 'record');
  return `${records} of shard ${shard} → ${functionName}: ${outcome}${again} (${durationMs.toFixed(0)} ms)`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
