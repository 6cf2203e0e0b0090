import {
  type ContextCircumstances,
  enrichedContext,
  inferredContext,
} from '../events/context/enrich-context.ts';
import { withNamedIpsTruncated } from '../events/context/truncate-ip.ts';
import { jsonMayHoldEmail } from '../events/email-address.ts';
import { isJsonObject } from '../events/json-value.ts';
import { masked, withoutEmails } from './mask-emails.ts';
import { takeEmail } from './take-email.ts';

/** What becomes of a call's context. */
export interface ContextReading {
  /** SHA-256 of the addresses that name the customer in it. */
  readonly emailHashes: readonly string[];
  /** As it goes into the record, without addresses of people or of networks' members; empty where there is none. */
  readonly json: string;
}

/** Enriches what a call states as its context, and writes it. */
export function readContext(
  stated: unknown,
  circumstances: ContextCircumstances & { readonly mayHoldEmail: boolean },
): ContextReading {
  const emailHashes: string[] = [];
  const context = settled(enrichedContext(stated, circumstances) ?? stated, emailHashes);
  if (context === undefined || context === null) return { emailHashes, json: '' };
  const json = JSON.stringify(context);
  const isClean = !circumstances.mayHoldEmail || !jsonMayHoldEmail(json);
  const clean = isClean ? json : JSON.stringify(withoutEmails(context, masked));
  const { network } = circumstances.visitor ?? {};
  return { emailHashes, json: withNamedIpsTruncated(clean, network) };
}

/**
 * As `readContext`, of a context whose own text is plain (core/events/plain) and holds no address: what is
 * inferred is written behind it.
 */
export function readPlainContext(
  stated: unknown,
  text: string,
  circumstances: ContextCircumstances,
): string {
  if (!isJsonObject(stated) || statesNull(stated) || stated.kindred !== undefined) {
    return readContext(stated, { ...circumstances, mayHoldEmail: false }).json;
  }
  const inferred = JSON.stringify(inferredContext(stated, circumstances));
  if (inferred === '{}') return text;
  return text === '{}' ? inferred : `${text.slice(0, -1)},${inferred.slice(1)}`;
}

/** What is stated as null may be inferred. */
function statesNull(context: Readonly<Record<string, unknown>>): boolean {
  for (const name in context) if (context[name] === null) return true;
  return false;
}

function settled(context: unknown, emailHashes: string[]): unknown {
  if (!isJsonObject(context) || context.traits === undefined) return context;
  const traits = takeEmail(context.traits, emailHashes);
  return traits === context.traits ? context : { ...context, traits };
}
