/** Feeds write the way to a category by these: `Toys > Trains` (Google), `Toys/Trains`, `Toys|Trains`. */
const separators = /\s*[>/|]\s*/;

/** Whether `name` is the category `of` or lies below it, whatever the case and the separator. */
export function isBelow(name: string, of: string): boolean {
  // Most categories and rules are one word and differ in their first letters.
  if (name.length < of.length) return false;
  const [steps, wanted] = [stepsOf(name), stepsOf(of)];
  return wanted.every((step, place) => steps[place] === step);
}

function stepsOf(name: string): string[] {
  return name.trim().toLowerCase().split(separators);
}
