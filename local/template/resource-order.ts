import { referencesOf } from './intrinsics.ts';
import type { Resource, Template } from './template.ts';
import { TemplateError } from './template-error.ts';

/** Logical ids of a template's resources, each after those it refers to or depends on. */
export function resourceOrder({ Resources }: Template): string[] {
  const order: string[] = [];
  const state = new Map<string, 'underway' | 'done'>();
  const visit = (logicalId: string, path: readonly string[]): void => {
    const resource = Resources[logicalId];
    if (resource === undefined || state.get(logicalId) === 'done') return;
    if (state.get(logicalId) === 'underway') {
      throw new TemplateError(
        `Resources depend on each other in a circle: ${[...path, logicalId].join(' → ')}.`,
      );
    }
    state.set(logicalId, 'underway');
    for (const dependency of dependenciesOf(resource)) visit(dependency, [...path, logicalId]);
    state.set(logicalId, 'done');
    order.push(logicalId);
  };
  for (const logicalId of Object.keys(Resources)) visit(logicalId, []);
  return order;
}

function dependenciesOf({ Properties, DependsOn }: Resource): string[] {
  return [
    ...referencesOf(Properties ?? {}),
    ...(DependsOn === undefined ? [] : [DependsOn].flat()),
  ];
}
