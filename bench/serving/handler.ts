import { fork } from 'node:child_process';
import * as z from 'zod';
import { atMost, type Check, median, percentile, shown } from '../check.ts';
import { firstMessage } from './first-message.ts';

const MICROSECONDS = 1_000;
const handlerTimes = z.object({ answer: z.array(z.number()), constant: z.array(z.number()) });

/**
 * Processor time of a warm answer, from the event to the response, each for a customer whose answer is no longer kept
 * and with every store answered from memory, beside the same request that the same frame answers with a constant.
 */
export async function benchHandler(): Promise<Check[]> {
  const { answer, constant } = await measured();
  const p50 = median(answer);
  const p99 = percentile(answer, 0.99);
  return [
    atMost('answer warm, own processor time, p50', p50 / MICROSECONDS, 'ms', 0.5),
    atMost('answer warm, own processor time, p99', p99 / MICROSECONDS, 'ms', 2),
    shown('the same request answered with a constant, p50', median(constant) / MICROSECONDS, 'ms'),
    shown('answer warm / the same as a constant, p50', p50 / median(constant), '×'),
    shown('answer warm / the same as a constant, p99', p99 / percentile(constant, 0.99), '×'),
  ];
}

async function measured(): Promise<z.infer<typeof handlerTimes>> {
  const child = fork('bench/serving/handler-process.ts', [], {
    env: {
      PATH: process.env.PATH,
      POWERTOOLS_SERVICE_NAME: 'serve',
      POWERTOOLS_METRICS_NAMESPACE: 'Kindred',
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  // Read as Lambda reads it, or the pipe would fill.
  child.stdout?.resume();
  const message = await firstMessage(child);
  child.kill();
  return handlerTimes.parse(message);
}
