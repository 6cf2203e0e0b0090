import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A cdk-nag finding that is right about the fact and wrong about the remedy here. */
export interface Acknowledgement {
  /** As the report prints it, `AwsSolutions-IAM5[Resource::*]` for instance. */
  readonly finding: string;
  readonly reason: string;
}

/** Accepts findings for a construct and everything below it. */
export function acknowledge(construct: IConstruct, ...findings: readonly Acknowledgement[]): void {
  Validations.of(construct).acknowledge(
    ...findings.map(({ finding, reason }) => ({ id: finding, reason })),
  );
}

/** X-Ray has no resource-level permissions for writing segments. */
export const xrayHasNoResources: Acknowledgement = {
  finding: 'AwsSolutions-IAM5[Resource::*]',
  reason: 'xray:PutTraceSegments and PutTelemetryRecords accept no resource but *.',
};
