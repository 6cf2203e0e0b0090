/**
 * What the runner and a function's process say to each other: the Lambda Runtime API's calls
 * (`/2018-06-01/runtime/…`), one message each, over the process's IPC channel. IPC rather than HTTP
 * for speed (one hop less each way), and because the channel's end tells an orphan to leave.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */

/** The answer to `GET /invocation/next`: an event and the headers that come with it. */
export interface Invocation {
  readonly call: 'invocation/next';
  /** `Lambda-Runtime-Aws-Request-Id` */
  readonly requestId: string;
  /** `Lambda-Runtime-Deadline-Ms`, epoch milliseconds */
  readonly deadlineMs: number;
  /** `Lambda-Runtime-Invoked-Function-Arn` */
  readonly functionArn: string;
  /** JSON */
  readonly payload: string;
}

export type RuntimeCall =
  /** `GET /invocation/next`: initialised, or done with the last event. */
  | { readonly call: 'invocation/next'; readonly residentBytes: number }
  /** `POST /invocation/{requestId}/response` */
  | { readonly call: 'response'; readonly requestId: string; readonly payload: string }
  /** `POST /invocation/{requestId}/error` */
  | { readonly call: 'error'; readonly requestId: string; readonly error: FunctionError }
  /** `POST /init/error` */
  | { readonly call: 'init/error'; readonly error: FunctionError };

/** The body of an error that a caller gets. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}
