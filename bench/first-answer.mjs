/**
 * How long a bundle takes from its import to its first answer, in milliseconds: the bundle and the
 * event's file are the arguments, the environment is the function's.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [, , bundle, eventFile] = process.argv;
const event = JSON.parse(readFileSync(eventFile, 'utf8'));
const startMs = performance.now();
const { handler } = await import(pathToFileURL(bundle).href);
const importedMs = performance.now();
const answer = await handler(event, { getRemainingTimeInMillis: () => 25_000, awsRequestId: '1' });
const answeredMs = performance.now();
// The last line: a function's own log lines come before.
console.log(
  `\n${JSON.stringify({ importMs: importedMs - startMs, wholeMs: answeredMs - startMs, status: answer.statusCode })}`,
);
process.exit(0);
