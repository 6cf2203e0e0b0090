/**
 * The runtime inside a function's process: loads the untouched bundle, asks for the next event, runs
 * the handler, answers. It imports nothing else of this project, as it shares a process with the bundle.
 */
import { existsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FunctionError, Invocation, RuntimeCall } from './runtime-message.ts';

type Handler = (event: unknown, context: object) => unknown;

// The runner is gone, killed perhaps: nobody will ever ask again.
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group; the runner decides when its functions end.
process.on('SIGINT', () => {});

const handler = await loadHandler();
if (handler !== undefined) {
  process.on('message', (message: Invocation) => {
    void run(handler, message);
  });
  askForNext();
  // Written at a process's own end otherwise, and a function's process is killed. Nothing without NODE_COMPILE_CACHE.
  flushCompileCache();
}

async function loadHandler(): Promise<Handler | undefined> {
  try {
    const [moduleName = '', exportName = ''] = (process.env._HANDLER ?? '').split('.');
    const file = bundleFile(join(process.env.LAMBDA_TASK_ROOT ?? '', moduleName));
    const found: unknown = (await import(pathToFileURL(file).href))[exportName];
    if (typeof found === 'function') return found as Handler;
    throw Object.assign(new Error(`${process.env._HANDLER} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    });
  } catch (error) {
    tell({ call: 'init/error', error: functionError(error) }, () => process.exit(1));
    return undefined;
  }
}

function bundleFile(path: string): string {
  for (const extension of ['.mjs', '.js', '.cjs']) {
    if (existsSync(path + extension)) return path + extension;
  }
  throw Object.assign(new Error(`Cannot find module '${path}'`), {
    name: 'Runtime.ImportModuleError',
  });
}

async function run(handle: Handler, invocation: Invocation): Promise<void> {
  const { requestId } = invocation;
  try {
    const result = await handle(JSON.parse(invocation.payload), contextOf(invocation));
    tell({ call: 'response', requestId, payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    tell({ call: 'error', requestId, error: functionError(error) });
  }
  askForNext();
}

/** Source: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf({ requestId, deadlineMs, functionArn }: Invocation): object {
  const { env } = process;
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

function functionError(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: (error.stack ?? '').split('\n'),
  };
}

function askForNext(): void {
  // On Linux the runner looks for itself; asking costs as much as a small event.
  const residentBytes = process.platform === 'linux' ? 0 : process.memoryUsage.rss();
  tell({ call: 'invocation/next', residentBytes });
}

function tell(call: RuntimeCall, whenSent?: () => void): void {
  // Sending fails only when the runner has just gone; the disconnect ends this process.
  process.send?.(call, undefined, undefined, () => whenSent?.());
}
