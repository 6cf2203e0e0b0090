/** The template says something that this machine cannot do; the message names the place and the remedy. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
