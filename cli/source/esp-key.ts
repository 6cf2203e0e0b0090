import { Command } from 'commander';
import { espName } from '../../core/events/source.ts';
import { espKey } from '../../core/identity/identity-key.ts';
import { UserError } from '../user-error.ts';
import {
  type IdentitySecretOptions,
  identitySecret,
  withIdentitySecret,
} from './identity-secret.ts';

/** `kindred source esp-key`: prints the key with which an ESP signs addresses. */
export function espKeyCommand(): Command {
  return withIdentitySecret(new Command('esp-key'))
    .description('print the key with which an ESP signs addresses, to be kept in the ESP')
    .argument('<esp>', 'its name in espKeys of a source, e.g. braze')
    .action(printKey);
}

async function printKey(text: string, options: IdentitySecretOptions): Promise<void> {
  const esp = espName.safeParse(text);
  if (!esp.success) {
    throw new UserError(`"${text}" is no name of an ESP.`, esp.error.issues[0]?.message ?? '');
  }
  process.stdout.write(`${espKey(esp.data, await identitySecret(options))}\n`);
}
