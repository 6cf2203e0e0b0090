import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The process of one execution environment: asks the Lambda Runtime API for the next event, runs the
 * bundle's handler, answers. It speaks the API as AWS documents it, so the bundle is untouched.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
type Handler = (event: unknown, context: object) => unknown;

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new Agent({ keepAlive: true });

// Ends with the process that started it, however that ends.
process.on('disconnect', () => process.exit(0));

await main();

async function main(): Promise<void> {
  let handler: Handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    await call('POST', '/init/error', describe(error));
    process.exit(1);
  }
  for (;;) {
    const next = await call('GET', '/invocation/next');
    const requestId = next.headers['lambda-runtime-aws-request-id'] ?? '';
    try {
      const result = await handler(JSON.parse(next.body), contextOf(next.headers));
      await call('POST', `/invocation/${requestId}/response`, result ?? null);
    } catch (error) {
      await call('POST', `/invocation/${requestId}/error`, describe(error));
    }
  }
}

async function loadHandler(): Promise<Handler> {
  const [file = '', name = ''] = (process.env._HANDLER ?? '').split('.');
  const root = process.env.LAMBDA_TASK_ROOT ?? '';
  const bundle: unknown = await import(pathToFileURL(join(root, `${file}.mjs`)).href);
  const handler: unknown =
    typeof bundle === 'object' && bundle !== null ? Reflect.get(bundle, name) : undefined;
  if (typeof handler !== 'function') throw new Error(`${file}.mjs exports no function ${name}`);
  return (event, context) => Reflect.apply(handler, undefined, [event, context]);
}

function contextOf(headers: Readonly<Record<string, string>>): object {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  const { env } = process;
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: `/aws/lambda/${env.AWS_LAMBDA_FUNCTION_NAME}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

function describe(error: unknown): object {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };
}

interface Answer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function call(method: string, path: string, document?: unknown): Promise<Answer> {
  const body = document === undefined ? undefined : Buffer.from(JSON.stringify(document));
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${api}${path}`, { method, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const headers: Record<string, string> = {};
        for (const [name, value] of Object.entries(response.headers)) headers[name] = String(value);
        resolve({ headers, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
