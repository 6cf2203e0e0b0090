import type { Provider } from '../template/deploy.ts';
import type { CloudParts } from './cloud-parts.ts';

export function scheduleProviders(_parts: CloudParts): Record<string, Provider> {
  return { 'AWS::Scheduler::Schedule': async ({ logicalId }) => ({ ref: logicalId }) };
}
