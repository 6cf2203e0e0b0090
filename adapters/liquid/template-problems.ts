import { BLOCK_BYTES_MAX, contextOf, type RenderTemplate } from '../../core/blocks/render-html.ts';
import { type TemplateSample, templateSamples } from '../../core/blocks/template-samples.ts';
import { emailProblemsOf } from './email-problems.ts';
import { compileTemplate } from './template-engine.ts';

/** A sample's dozen items leave room for a shop's longer addresses. */
const ORDINARY_BYTES_MAX = BLOCK_BYTES_MAX / 2;

/**
 * Why a template can't be kept: nothing where it can. It is read, and rendered with each sample; what it
 * makes of them has to be safe in an email.
 */
export function templateProblemsOf(liquid: string): string[] {
  const compiled = compiledOf(liquid);
  if (typeof compiled === 'string') return [compiled];
  const firstSampleOf = new Map<string, string>();
  for (const sample of templateSamples) {
    for (const problem of sampleProblems(compiled, sample)) {
      if (!firstSampleOf.has(problem)) firstSampleOf.set(problem, sample.name);
    }
  }
  return [...firstSampleOf].map(([problem, name]) => `with ${name}: ${problem}`);
}

function compiledOf(liquid: string): RenderTemplate | string {
  try {
    return compileTemplate(liquid);
  } catch (error) {
    return `can't be read: ${firstLine(error)}`;
  }
}

function sampleProblems(
  render: RenderTemplate,
  { name, recommendation, options }: TemplateSample,
): string[] {
  try {
    const html = render(contextOf(recommendation, options));
    const isOrdinary = name === templateSamples[0]?.name;
    const isLarge = isOrdinary && Buffer.byteLength(html) > ORDINARY_BYTES_MAX;
    const size = isLarge ? [`makes more than ${ORDINARY_BYTES_MAX} bytes of 12 items`] : [];
    return [...emailProblemsOf(html), ...size];
  } catch (error) {
    return [`can't be rendered: ${firstLine(error)}`];
  }
}

/** LiquidJS's messages name line and column; what follows is the template's text again. */
function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'an unknown error';
}
