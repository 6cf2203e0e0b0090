import { randomInt } from 'node:crypto';
import * as z from 'zod';

/** How CloudFormation asks for a generated value: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-secretsmanager-secret-generatesecretstring.html */
export const generateSecretStringOptions = z
  .strictObject({
    PasswordLength: z.coerce.number().int().min(1).max(4096).default(32),
    ExcludeCharacters: z.string().default(''),
    ExcludeLowercase: z.boolean().default(false),
    ExcludeUppercase: z.boolean().default(false),
    ExcludeNumbers: z.boolean().default(false),
    ExcludePunctuation: z.boolean().default(false),
    IncludeSpace: z.boolean().default(false),
    RequireEachIncludedType: z.boolean().default(true),
    SecretStringTemplate: z.string().optional(),
    GenerateStringKey: z.string().optional(),
  })
  .refine(
    ({ SecretStringTemplate, GenerateStringKey }) =>
      (SecretStringTemplate === undefined) === (GenerateStringKey === undefined),
    { error: 'SecretStringTemplate and GenerateStringKey go together' },
  );

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/**
 * A random string of the kinds of characters asked for, at least one of each unless that isn't
 * required; in the template's JSON where there is one.
 */
export function generateSecretString(input: unknown): string {
  const options = generateSecretStringOptions.parse(input);
  const value = randomString(options);
  if (options.SecretStringTemplate === undefined || options.GenerateStringKey === undefined)
    return value;
  const template = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(options.SecretStringTemplate));
  return JSON.stringify({ ...template, [options.GenerateStringKey]: value });
}

function randomString(options: z.infer<typeof generateSecretStringOptions>): string {
  const kinds = [
    options.ExcludeLowercase ? '' : LOWERCASE,
    options.ExcludeUppercase ? '' : LOWERCASE.toUpperCase(),
    options.ExcludeNumbers ? '' : '0123456789',
    options.ExcludePunctuation ? '' : PUNCTUATION,
    options.IncludeSpace ? ' ' : '',
  ]
    .map((kind) => [...kind].filter((character) => !options.ExcludeCharacters.includes(character)))
    .filter((kind) => kind.length > 0);
  const alphabet = kinds.flat();
  if (alphabet.length === 0) throw new Error('No character is left to make a secret of.');
  const required = options.RequireEachIncludedType ? kinds : [];
  if (required.length > options.PasswordLength) {
    throw new Error(`A secret of ${options.PasswordLength} cannot hold each kind of character.`);
  }
  const characters = Array.from({ length: options.PasswordLength }, (_, index) =>
    oneOf(required[index] ?? alphabet),
  );
  return shuffled(characters).join('');
}

function oneOf(characters: readonly string[]): string {
  return characters[randomInt(characters.length)] ?? '';
}

function shuffled(characters: readonly string[]): string[] {
  const rest = [...characters];
  return characters.flatMap(() => rest.splice(randomInt(rest.length), 1));
}
