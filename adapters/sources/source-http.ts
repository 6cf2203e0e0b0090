/** HTTP as connectors use it: JSON in, JSON out, guarded, bounded and patient. */
export interface SourceHttp {
  /**
   * Asks until it has an answer below 400: retries 408, 429 and 5xx, broken connections and broken JSON
   * with jittered exponential backoff, honours `Retry-After`, follows no redirect to another host.
   * @throws SourceRefusedError on any other 4xx that the request doesn't read itself, and for an address that may not be asked.
   * @throws SourceUnavailableError when attempts or time are used up.
   */
  requestJson(request: JsonRequest, signal: AbortSignal): Promise<JsonAnswer>;
}

export interface JsonRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as a form where it is URLSearchParams. */
  readonly body?: object | URLSearchParams;
  /** Statuses from 400 on whose answers say more than the status does: given back as they came. */
  readonly readStatuses?: readonly number[];
}

export interface JsonAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}
