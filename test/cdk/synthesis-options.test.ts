import { describe, expect, it } from 'vitest';
import { parseSynthesisOptions } from '../../cdk/synthesis-options.ts';

describe('the synthesis’s command line', () => {
  it('means dev when nothing is said, and never production', () => {
    expect(parseSynthesisOptions([], {})).toEqual({
      environments: ['dev'],
      outputDirectory: undefined,
      quiet: false,
      context: {},
    });
  });

  it('takes the environment from -c, else the CDK’s context, else the variable', () => {
    const variables = { CDK_CONTEXT_JSON: '{"env":"staging"}', KINDRED_ENV: 'prod' };
    expect(parseSynthesisOptions(['-c', 'env=dev'], variables).environments).toEqual(['dev']);
    expect(parseSynthesisOptions([], variables).environments).toEqual(['staging']);
    expect(parseSynthesisOptions([], { KINDRED_ENV: 'prod' }).environments).toEqual(['prod']);
  });

  it('means every environment by all', () => {
    expect(parseSynthesisOptions(['-c', 'env=all'], {}).environments).toHaveLength(3);
  });

  it('takes the folder from --output, else from the CDK, under which it is quiet', () => {
    const given = parseSynthesisOptions(['--output', 'a', '--quiet'], { CDK_OUTDIR: 'b' });
    expect(given).toMatchObject({ outputDirectory: 'a', quiet: true });
    expect(parseSynthesisOptions([], { CDK_OUTDIR: 'b' })).toMatchObject({
      outputDirectory: 'b',
      quiet: true,
    });
  });

  it.each([
    [['--ouput', 'x'], 'unknown option --ouput'],
    [['--output'], '--output needs a value'],
    [['-c', 'env'], '-c needs key=value, not "env"'],
    [['-c', 'env=production'], 'no environment is called "production"; use one of dev'],
  ])('refuses %j and says what would be right', (words, message) => {
    expect(() => parseSynthesisOptions(words, {})).toThrow(message);
  });
});
