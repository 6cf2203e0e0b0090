import { expect, it } from 'vitest';
import { subcommands } from '../../cli/subcommands.ts';

it.each([...subcommands])('the subcommand %s calls itself so', async (name, subcommand) => {
  expect((await subcommand()).name()).toBe(name);
});
