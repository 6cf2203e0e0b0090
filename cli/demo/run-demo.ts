import { writeFile } from 'node:fs/promises';
import { SFNClient } from '@aws-sdk/client-sfn';
import { inlineImages } from '../../examples/shop/item-image.ts';
import type { LocalCloud } from '../../local/cloud.ts';
import { clientOptions, writeConnection } from '../connection.ts';
import { startCloud } from '../start.ts';
import { synthesize } from '../synthesize.ts';
import { createTerminal, type Terminal } from '../terminal.ts';
import { runTraining, type TrainingResult } from '../train/run-training.ts';
import { printTraining } from '../train/training-report.ts';
import { type Asked, type DemoSource, fileSource, shopSource } from './demo-source.ts';
import { fetchBlockHtml, fetchRecommendation } from './fetch-block.ts';
import { createMeasurements, type Measurements } from './measure.ts';
import { type DemoReport, printRecommendation } from './report.ts';
import { sendCalls } from './send.ts';
import { interruption, throwIfInterrupted, until } from './wait.ts';

export interface DemoOptions {
  readonly seed: number;
  /** Where the HTML block is written. */
  readonly htmlFile: string;
  /** Orders to import; the synthetic shop when undefined. */
  readonly file: { readonly path: string; readonly mapping: string } | undefined;
  readonly keep: boolean;
  readonly json: boolean;
}

/** Everything a step of the demo needs. */
interface Stage {
  readonly options: DemoOptions;
  readonly cloud: LocalCloud;
  readonly measurements: Measurements;
  /** Progress and explanations: to stderr under --json. */
  readonly terminal: Terminal;
  readonly source: DemoSource;
  readonly signal: AbortSignal;
}

const ITEMS = 4;

/**
 * Runs the main job: build, start, send, wait, train, fetch, break a dependency, fetch again.
 * @throws UserError when a step cannot be done, or the person interrupts
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const terminal = createTerminal(options.json ? process.stderr : process.stdout);
  const interrupted = interruption();
  const startedAt = performance.now();
  terminal.progress('Bundling the functions and synthesizing the template …');
  const assembly = await synthesize('dev', interrupted).catch((error: unknown) => {
    throwIfInterrupted(interrupted);
    throw error;
  });
  try {
    terminal.line(`${terminal.bold('1. Template')}  synthesized, ${secondsSince(startedAt)} s`);
    const cloud = await startCloud({ port: 0 }, assembly.directory, undefined);
    const source =
      options.file === undefined ? shopSource(options.seed, Date.now()) : fileSource(options.file);
    const measurements = createMeasurements(cloud.connection);
    try {
      const stage: Stage = { options, cloud, measurements, terminal, source, signal: interrupted };
      const report = await play(stage);
      if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
      terminal.line('');
      terminal.line(`Done in ${secondsSince(startedAt)} s. The block is in ${options.htmlFile}.`);
      if (options.keep) await keepRunning(stage);
    } finally {
      measurements.close();
      await cloud.stop();
    }
  } finally {
    await assembly.remove();
  }
}

async function play(stage: Stage): Promise<DemoReport> {
  const { terminal, cloud, measurements } = stage;
  terminal.line(`${terminal.bold('2. Local cloud')}  running it at ${cloud.connection.api}`);
  const sent = await sendEverything(stage);
  const freshness = await measurements.freshnessMs();
  const profiles = await measurements.profileCount();
  terminal.line(
    `${terminal.bold('4. Profiles')}  ${profiles} customers; an event is in its profile after ` +
      `${freshness.p50.toFixed(0)} ms (median), ${freshness.p99.toFixed(0)} ms (99 %)`,
  );
  const training = await train(stage);
  const recommendations = await ask(stage);
  const orderToAnswerMs = await orderAndAsk(stage);
  await writeBlock(stage);
  const outage = await breakTheStore(stage);
  return {
    events: {
      sent: sent.sent,
      accepted: sent.accepted,
      duplicate: await measurements.duplicate(),
      quarantined: sent.rejected,
    },
    profiles,
    freshness_ms: freshness,
    model: {
      id: training.modelId ?? '',
      promoted: training.promoted,
      metrics: training.candidate,
      baseline: training.popularity,
    },
    recommendations,
    order_to_answer_ms: orderToAnswerMs,
    outage,
    ...(sent.import === undefined ? {} : { import: sent.import }),
  };
}

async function sendEverything({ source, cloud, measurements, terminal, signal }: Stage) {
  const startedAt = performance.now();
  const outcome = await source.send(cloud.connection, (text) => terminal.progress(text), signal);
  // The metrics are cheap to ask and say when it is worth reading the profiles, which are the truth.
  await until(measurements.workedOff, (count) => count >= outcome.accepted, {
    signal,
    onWait: (count) => terminal.progress(`${count} of ${outcome.accepted} events worked off …`),
  });
  const inProfiles = async (): Promise<number> =>
    (await measurements.profileEvents()) + (await measurements.duplicate());
  await until(inProfiles, (count) => count >= outcome.accepted, {
    signal,
    onWait: (count) =>
      terminal.progress(`${count} of ${outcome.accepted} events are in profiles …`),
  });
  await until(measurements.delivered, (count) => count >= outcome.accepted, {
    signal,
    onWait: (count) =>
      terminal.progress(`${count} of ${outcome.accepted} events are in the lake …`),
  });
  terminal.line(
    `${terminal.bold('3. Events')}  ${outcome.sent} sent, ${outcome.accepted} accepted, ` +
      `${outcome.rejected} quarantined, ${await measurements.duplicate()} recognised as duplicates; ` +
      `all in profiles and lake after ${secondsSince(startedAt)} s`,
  );
  for (const line of source.explain(outcome)) terminal.line(`   ${line}`);
  return outcome;
}

async function train({ cloud, terminal, signal }: Stage): Promise<TrainingResult> {
  const startedAt = performance.now();
  const { connection } = cloud;
  const client = new SFNClient(clientOptions(connection, 'sfn'));
  try {
    const result = await runTraining({
      client,
      stateMachineArn: connection.resources.TrainStateMachineArn ?? '',
      onState: ({ name }) => terminal.progress(`Training: ${name} …`),
      signal,
    });
    terminal.line(`${terminal.bold('5. Training')}  ${secondsSince(startedAt)} s`);
    printTraining(terminal, result);
    return result;
  } finally {
    client.destroy();
  }
}

/** Three customers: one with history, one barely known, one never seen. */
async function ask({ cloud, terminal, source, measurements }: Stage) {
  const answers = [];
  const asked: Asked[] = [
    ...(await source.customers(measurements)),
    { kind: 'unknown', key: 'nobody-we-know' },
  ];
  for (const { kind, key } of asked) {
    const answer = await fetchRecommendation(cloud.connection, 'for-you', key, ITEMS);
    printRecommendation(terminal, `6. for-you, a ${kind} customer`, answer);
    answers.push({ kind, ...answer });
  }
  return answers;
}

/** A newcomer's first order changes the next answer: how long until it does. */
async function orderAndAsk({ cloud, terminal, signal }: Stage): Promise<number> {
  const { connection } = cloud;
  const key = `newcomer-${Date.now()}`;
  const before = await fetchRecommendation(connection, 'for-you', key, ITEMS);
  const bought = before.items[0];
  if (bought === undefined) return 0;
  await sendCalls(
    connection.collector,
    connection.writeKey,
    [
      {
        type: 'track',
        event: 'Order Completed',
        userId: key,
        messageId: `demo-order-${before.generated_at}`,
        timestamp: new Date().toISOString(),
        properties: {
          order_id: `demo-${before.generated_at}`,
          currency: bought.currency || 'GBP',
          products: [
            {
              product_id: bought.item_id,
              name: bought.title,
              price: bought.price ?? 1,
              quantity: 1,
            },
          ],
        },
      },
    ],
    () => undefined,
  );
  const acceptedAt = performance.now();
  await until(
    () => fetchRecommendation(connection, 'for-you', key, ITEMS),
    (answer) => answer.items.every(({ item_id }) => item_id !== bought.item_id),
    { signal, pollMs: 10 },
  );
  const elapsedMs = Math.round(performance.now() - acceptedAt);
  terminal.line('');
  terminal.line(
    `${terminal.bold('7. A newcomer')}  orders "${bought.title}"; ${elapsedMs} ms after it was accepted the answer has changed`,
  );
  return elapsedMs;
}

async function breakTheStore({ cloud, terminal, source, measurements }: Stage) {
  const fault = cloud.faults.inject({ service: 'dynamodb', action: { kind: 'refuse' } });
  try {
    const [customer] = await source.customers(measurements);
    const answer = await fetchRecommendation(
      cloud.connection,
      'for-you',
      customer?.key ?? '',
      ITEMS,
    );
    printRecommendation(terminal, '8. for-you, while DynamoDB is down', answer);
    return answer;
  } finally {
    fault.lift();
  }
}

async function writeBlock({ cloud, options, source, measurements }: Stage): Promise<void> {
  const [customer] = await source.customers(measurements);
  const html = await fetchBlockHtml(cloud.connection, 'for-you', customer?.key ?? '');
  await writeFile(options.htmlFile, inlineImages(html, source.pictured));
}

async function keepRunning({ cloud, terminal, signal }: Stage): Promise<void> {
  await writeConnection({ ...cloud.connection });
  terminal.line(
    `It keeps running at ${cloud.connection.api}, API key ${cloud.connection.apiKey}. Ctrl-C stops it.`,
  );
  await new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
