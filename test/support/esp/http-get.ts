/** What Marketing Cloud's scripts get of an address: its text and the documented status. */
export interface HttpGetAnswer {
  readonly content: string;
  /**
   * 0 well, -1 no such address, -2 the request failed, -3 nothing in the answer:
   * https://developer.salesforce.com/docs/marketing/marketing-cloud-ampscript/references/mc-ampscript-http/mc-ampscript-reference-http-get.html
   */
  readonly status: 0 | -1 | -2 | -3;
}

/**
 * Runs a script that waits for its requests, which a program here cannot: it is run until it asks for something that
 * isn't known, and again with the answer. One call is made for each address, as in a send of Marketing Cloud.
 */
export async function withHttpGet<Result>(
  run: (httpGet: (url: string) => HttpGetAnswer) => Result,
  waitMsMax: number,
): Promise<{ result: Result; asked: readonly string[] }> {
  const known = new Map<string, HttpGetAnswer>();
  for (;;) {
    let wanted: string | undefined;
    const result = run((url) => {
      const answer = known.get(url);
      if (answer === undefined) wanted ??= url;
      return answer ?? { content: '', status: -2 };
    });
    if (wanted === undefined) return { result, asked: [...known.keys()] };
    known.set(wanted, await answerOf(wanted, waitMsMax));
  }
}

async function answerOf(url: string, waitMsMax: number): Promise<HttpGetAnswer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(waitMsMax) });
    const content = await response.text();
    if (!response.ok) return { content: '', status: response.status === 404 ? -1 : -2 };
    return { content, status: content === '' ? -3 : 0 };
  } catch {
    return { content: '', status: -2 };
  }
}
