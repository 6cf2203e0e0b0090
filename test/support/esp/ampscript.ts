import { createHash } from 'node:crypto';
import { createContext, runInContext } from 'node:vm';
import * as z from 'zod';
import { ampscriptProgram } from './ampscript-program.ts';
import { type HttpGetAnswer, withHttpGet } from './http-get.ts';

/** Rows of a rowset; a value that is no text is written as AMPscript writes it. */
const rows = z.array(z.record(z.string(), z.unknown()));
const withItems = z.object({ items: rows });

type Value = unknown;
type AmpscriptFunction = (...values: Value[]) => Value;

/**
 * Runs AMPscript, which has no engine outside of Marketing Cloud: the part that the kit uses is translated to JavaScript,
 * and these functions do what their pages say. Anything else is refused by name.
 * https://developer.salesforce.com/docs/marketing/marketing-cloud-ampscript/references/mc-ampscript-http
 * https://developer.salesforce.com/docs/marketing/marketing-cloud-ampscript/references/mc-ampscript-content/mc-ampscript-reference-content-build-rowset-from-json.html
 */
export async function ampscriptOutput(
  source: string,
  attributes: Readonly<Record<string, string>>,
  waitMsMax: number,
): Promise<{ html: string; asked: readonly string[] }> {
  const { result, asked } = await withHttpGet((httpGet) => {
    const written: string[] = [];
    const variables: Record<string, Value> = {};
    const functions = functionsFor(variables, httpGet);
    const program = ampscriptProgram(source, [...Object.keys(functions)]);
    const write = (value: Value) => written.push(textOf(value));
    const context = createContext({ variables, functions, attributes, write });
    runInContext(program, context, { timeout: 1_000 });
    return written.join('');
  }, waitMsMax);
  return { html: result, asked };
}

function functionsFor(
  variables: Record<string, Value>,
  httpGet: (url: string) => HttpGetAnswer,
): Record<string, AmpscriptFunction> {
  return {
    concat: (...values) => values.map(textOf).join(''),
    empty: (value) => textOf(value) === '',
    indexof: (text, part) => textOf(text).indexOf(textOf(part)) + 1,
    lowercase: (text) => textOf(text).toLowerCase(),
    trim: (text) => textOf(text).trim(),
    sha256: (text) => createHash('sha256').update(textOf(text)).digest('hex'),
    // With both flags every text is encoded, and not only the query of an address.
    urlencode: (text, allCharacters, allTexts) => {
      if (!allCharacters || !allTexts) throw new Error('URLEncode encodes an address’s query only');
      return encodeURIComponent(textOf(text));
    },
    httpget: (url, continues, _empty, statusName) => {
      const answer = httpGet(textOf(url));
      variables[textOf(statusName)] = answer.status;
      if (answer.status < 0 && !continues) throw new Error('HTTPGet failed');
      return answer.content;
    },
    buildrowsetfromjson: (json, path, throws) => {
      try {
        if (path !== '$.items[*]') throw new Error(`no path that is known here: ${textOf(path)}`);
        return withItems.parse(JSON.parse(textOf(json))).items;
      } catch (error) {
        if (throws) throw error;
        return [];
      }
    },
    rowcount: (rowset) => rows.parse(rowset).length,
    row: (rowset, position) => rows.parse(rowset)[Number(position) - 1],
    field: (row, name) => {
      const value = z.record(z.string(), z.unknown()).parse(row)[textOf(name)];
      if (value === undefined) throw new Error(`the row has no field ${textOf(name)}`);
      return value;
    },
    redirectto: (url) => url,
    v: (value) => value,
  };
}

function textOf(value: Value): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') throw new Error('AMPscript writes no rows');
  return String(value);
}
