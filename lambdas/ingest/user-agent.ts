import Bowser from 'bowser';
import { isbot } from 'isbot';
import type { UserAgentReading } from '../../core/events/context/enrich-context.ts';

/** A shop's visitors share some hundreds of user agents; each reading is a few hundred bytes. */
const REMEMBERED_MAX = 1_000;
/** Real ones have 100 to 250 characters; the expressions that read them are others' and not proven linear. */
const USER_AGENT_CHARACTERS_MAX = 512;

/** Mail programs' servers that fetch an image when a person opens it: no bots, and not the person's device. */
const IMAGE_PROXY = /GoogleImageProxy|YahooMailProxy/i;

const remembered = new Map<string, UserAgentReading>();

/** What a user agent says; readings are kept, so that a batch costs one. Never throws. */
export function readUserAgent(userAgent: string): UserAgentReading {
  const known = remembered.get(userAgent);
  if (known !== undefined) return known;
  if (userAgent === '' || userAgent.length > USER_AGENT_CHARACTERS_MAX) return { isBot: false };
  const reading = read(userAgent);
  const [oldest] = remembered.keys();
  if (remembered.size >= REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
  remembered.set(userAgent, reading);
  return reading;
}

function read(userAgent: string): UserAgentReading {
  if (IMAGE_PROXY.test(userAgent)) return { isBot: false };
  const { browser, os, platform } = Bowser.parse(userAgent);
  const device = said({
    type: platform.type,
    manufacturer: platform.vendor,
    model: platform.model,
  });
  const system = said({ name: os.name, version: os.version });
  const program = said({ name: browser.name, version: browser.version });
  return {
    isBot: isbot(userAgent),
    ...(device && { device }),
    ...(system && { os: system }),
    ...(program && { browser: program }),
  };
}

/** The fields that have a text; undefined where none has. */
function said(
  fields: Readonly<Record<string, string | undefined>>,
): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== '') found[name] = value;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}
