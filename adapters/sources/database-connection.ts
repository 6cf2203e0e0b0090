import type { LookupAddress } from 'node:dns';
import { SourceRefusedError } from './connector.ts';
import type { DatabaseConfig } from './database-config.ts';
import { databaseError } from './database-errors.ts';
import { type EgressRules, guardedLookup } from './public-address.ts';

/** What a database's connector needs of its surroundings. */
export interface DatabaseServices {
  readonly secrets: Readonly<Record<string, string>>;
  readonly egress: EgressRules;
  /** The machine's own, where nothing else is said. */
  readonly lookup?: Parameters<typeof guardedLookup>[1];
}

/** A handshake takes milliseconds; a firewall that drops packets must not take the run. */
export const CONNECT_MS_MAX = 5_000;
/** Time for the answer of a statement that the database itself ends at its limit. */
export const ANSWER_MS = 5_000;

/** The address to connect to: looked up once and checked, so that no second answer can be another. */
export function checkedAddress(host: string, services: DatabaseServices): Promise<string> {
  const lookup = guardedLookup(services.egress, services.lookup);
  return new Promise((resolve, reject) => {
    // Of a name with both kinds the older one: networks without IPv6 are the more common ones.
    lookup(host, { all: true, order: 'ipv4first' }, (error, addresses) => {
      if (error !== null) return reject(error);
      const [first] = addresses as LookupAddress[];
      return first === undefined ? reject(new Error('no address')) : resolve(first.address);
    });
  });
}

export function credentialsOf(config: DatabaseConfig, { secrets }: DatabaseServices) {
  const user = secretOf(secrets, config.userSecret);
  const password = secretOf(secrets, config.passwordSecret);
  if (config.tls.mode === 'off') return { user, password, tls: undefined };
  const { caCertificateSecret } = config.tls;
  const ca =
    caCertificateSecret === undefined ? {} : { ca: secretOf(secrets, caCertificateSecret) };
  return { user, password, tls: ca };
}

function secretOf(secrets: Readonly<Record<string, string>>, name: string): string {
  const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (value !== undefined && value !== '') return value;
  throw new SourceRefusedError(`The sources' secret has no "${name}" for this source.`);
}

export interface Bounds {
  readonly signal: AbortSignal;
  readonly timeMsMax: number;
  /** Frees what the work holds: a driver that waits for a dead server would wait on. */
  readonly abandon: () => void;
}

/** The work, unless the run is over or it takes too long: then it is abandoned at once. */
export async function bounded<T>(
  work: () => Promise<T>,
  bounds: Bounds,
  config: DatabaseConfig,
): Promise<T> {
  const signal = AbortSignal.any([bounds.signal, AbortSignal.timeout(bounds.timeMsMax)]);
  const over = Promise.withResolvers<never>();
  const stop = () => {
    bounds.abandon();
    over.reject(databaseError('lost', config));
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([signal.aborted ? over.promise : work(), over.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    over.promise.catch(() => undefined);
  }
}
