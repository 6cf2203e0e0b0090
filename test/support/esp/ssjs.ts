import { createContext, runInContext } from 'node:vm';
import { withHttpGet } from './http-get.ts';

/**
 * Runs a block of Marketing Cloud's server-side JavaScript in a context that has what the kit uses of its libraries:
 *
 * - `Platform.Load`, `Write` and `Attribute.GetValue` of the core library:
 *   https://developer.salesforce.com/docs/atlas.en-us.mc-programmatic-content.meta/mc-programmatic-content/ssjs_recipientGetValue.htm
 * - `Platform.Function.HTTPGet(url, stops, empty, names, values, status)`, which leaves its status in the last array:
 *   https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/ssjs_platformContentSyndicationHTTPGet.html
 * - `Platform.Function.ParseJSON`.
 *
 * The engine of Marketing Cloud knows ECMAScript 3, this one more: `es3Problems` tells what it would not know.
 */
export async function ssjsOutput(
  html: string,
  attributes: Readonly<Record<string, string>>,
  waitMsMax: number,
): Promise<{ html: string; asked: readonly string[] }> {
  const [, script = ''] = /<script runat="server">([\s\S]*?)<\/script>/.exec(html) ?? [];
  const { result, asked } = await withHttpGet((httpGet) => {
    const written: string[] = [];
    const context = createContext({
      Write: (text: string) => written.push(text),
      Attribute: { GetValue: (name: string) => attributes[name] ?? null },
      Platform: {
        Load: () => undefined,
        Function: {
          ParseJSON: JSON.parse,
          HTTPGet: (...words: [string, boolean, number, string[], string[], number[]]) => {
            const [url, stops, , , , status] = words;
            const answer = httpGet(url);
            status[0] = answer.status;
            if (answer.status < 0 && stops) throw new Error('HTTPGet failed');
            return answer.content;
          },
        },
      },
    });
    runInContext(script, context, { timeout: 1_000 });
    return written.join('');
  }, waitMsMax);
  return { html: result, asked };
}

/** What stands in a script and is younger than ECMAScript 3. */
export function es3Problems(script: string): string[] {
  const younger = [
    /\b(let|const|class|async|await)\b/,
    /=>/,
    /`/,
    /\.{3}/,
    /\?\.|\?\?/,
    /\.(forEach|map|filter|reduce|includes|trim|startsWith|endsWith)\(/,
    /\bJSON\./,
    /\bfor\s*\([^;)]*\bof\b/,
  ];
  return younger.flatMap((pattern) => pattern.exec(script)?.[0] ?? []);
}
