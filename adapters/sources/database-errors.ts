import { SourceRefusedError, SourceUnavailableError } from './connector.ts';
import type { DatabaseConfig } from './database-config.ts';

/** What goes wrong with a database, whichever it is. */
export type DatabaseProblem =
  | 'credentials'
  | 'database'
  | 'table'
  | 'column'
  | 'grant'
  | 'write'
  | 'timeZone'
  | 'certificate'
  | 'noTls'
  | 'slow'
  | 'busy'
  | 'unreachable'
  | 'lost';

type Config = Pick<
  DatabaseConfig,
  'table' | 'database' | 'statementTimeoutSeconds' | 'userSecret' | 'passwordSecret'
>;

/** In our words: a database's own may repeat values of rows. Field, what is wrong, and the remedy. */
export function databaseError(
  problem: DatabaseProblem,
  config: Config,
): SourceRefusedError | SourceUnavailableError {
  const refused = (message: string) => new SourceRefusedError(message);
  const unavailable = (message: string) => new SourceUnavailableError(message);
  const { table, database, statementTimeoutSeconds, userSecret, passwordSecret } = config;
  switch (problem) {
    case 'credentials':
      return refused(
        `The database refused the login: correct "${userSecret}" and "${passwordSecret}" in the sources' secret.`,
      );
    case 'database':
      return refused(
        `The database "${database}" is not there or not for this user: check "database".`,
      );
    case 'table':
      return refused(
        `The table or view "${table}" is not there for this user: check "table" and its schema.`,
      );
    case 'column':
      return refused(
        `A column is not in "${table}": check "columns", "idColumn" and "updatedAtColumn".`,
      );
    case 'grant':
      return refused(`The user may not read "${table}": GRANT SELECT on it.`);
    case 'write':
      return refused(
        `Reading "${table}" writes something, which is never allowed: take the writing function out of the view.`,
      );
    case 'timeZone':
      return refused(
        'The database does not know "timeZone": name another, or load its time zones.',
      );
    case 'certificate':
      return refused(
        'The certificate of "host" could not be verified: name its authority in "tls.caCertificateSecret", and use the name that the certificate is for.',
      );
    case 'noTls':
      return refused(
        'The database speaks no TLS: turn it on there, or say {"mode": "off"} in "tls".',
      );
    case 'slow':
      return unavailable(
        `A page took over ${statementTimeoutSeconds} s: make an index on the updated-at and id columns, or raise "statementTimeoutSeconds".`,
      );
    case 'busy':
      return unavailable(
        'The database is starting, stopping or has no connection free: nothing to do unless it lasts.',
      );
    case 'unreachable':
      return unavailable(
        'The database could not be reached: check "host", "port", its firewall, and whether the pull function is in its network.',
      );
    case 'lost':
      return unavailable('The connection to the database broke off or ran out of time.');
  }
}

/** Codes of Node's sockets, the same under both drivers. */
const networkProblems: Readonly<Record<string, DatabaseProblem>> = {
  ECONNREFUSED: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ETIMEDOUT: 'unreachable',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate',
  HANDSHAKE_SSL_ERROR: 'certificate',
};

/** Certificates' codes are OpenSSL's: `SELF_SIGNED_CERT_IN_CHAIN`, `UNABLE_TO_VERIFY_LEAF_SIGNATURE`. */
const CERTIFICATE = /CERT|UNABLE_TO_|ISSUER|^ERR_(TLS|OSSL|SSL)_/u;

export function networkProblem(code: string | undefined): DatabaseProblem | undefined {
  if (code === undefined) return undefined;
  return networkProblems[code] ?? (CERTIFICATE.test(code) ? 'certificate' : undefined);
}

/** The code of an error of Node, of a driver or of a database, whatever else it is. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
