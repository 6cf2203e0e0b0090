import { Command, InvalidArgumentError } from 'commander';
import { ANY_CUSTOMER, ANY_READER, makeSignedToken } from '../core/blocks/signed-token.ts';
import { namedSecret } from './named-secret.ts';
import { UserError } from './user-error.ts';

interface TokenOptions {
  readonly connection?: string;
  readonly region?: string;
  readonly tokenSecret?: string;
  readonly days: number;
  readonly customer?: string;
  readonly server?: true;
}

/** A season's mailings; a longer one is another token. */
const DAYS_DEFAULT = 90;
const DAYS_MAX = 730;
const DAY_S = 86_400;

/** `kindred token`: what stands in an address where an ESP can send no header. */
export function tokenCommand(): Command {
  return new Command('token')
    .description('Make a token for a placement, for addresses that can carry no API key.')
    .argument('<placement>', 'its id, e.g. for-you')
    .option('--days <n>', 'how long it works', daysOf, DAYS_DEFAULT)
    .option('--server', 'for an ESP’s server that asks for any customer; never put it into a mail')
    .option('--customer <key>', 'for one customer alone')
    .option('--connection <file>', 'connection file of a running Kindred')
    .option(
      '--token-secret <id>',
      'in AWS, with your usual credentials: TokenSecretArn of the outputs',
    )
    .option('--region <region>', 'region of --token-secret (or AWS_REGION)')
    .addHelpText(
      'after',
      `
Without --server and --customer the token is for the images and links of mails: it may be seen by
their readers, and is good for no customer key that is the SHA-256 of an address.

Examples:
  kindred token for-you --days 30        images and links of a mailing
  kindred token for-you --server         Marketing Cloud’s HTTPGet`,
    )
    .action(print);
}

async function print(placement: string, options: TokenOptions): Promise<void> {
  const { connection, region, tokenSecret: secretId, days, server, customer } = options;
  if (server !== undefined && customer !== undefined) {
    throw new UserError('A token is for a server or for one customer.', 'Leave one of them out.');
  }
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(placement)) {
    throw new UserError(`"${placement}" is no id of a placement.`, 'Take its id, e.g. for-you.');
  }
  const secret = await namedSecret(
    { connection, region, secretId },
    'TokenSecretArn',
    '--token-secret',
  );
  const expiresAtS = Math.floor(Date.now() / 1000) + days * DAY_S;
  const whom = customer ?? (server === true ? ANY_CUSTOMER : ANY_READER);
  process.stdout.write(`${makeSignedToken({ placement, customer: whom }, expiresAtS, secret)}\n`);
}

function daysOf(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= DAYS_MAX) return days;
  throw new InvalidArgumentError(`must be a whole number from 1 to ${DAYS_MAX}`);
}
