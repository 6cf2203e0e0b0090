import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { acknowledge } from './acknowledgement.ts';

/** What may be done with the objects below one prefix of a bucket; who reads may also list. */
export interface ObjectAccess {
  readonly actions: readonly string[];
  readonly bucket: Bucket;
  /** Ends in `/`. */
  readonly prefix: string;
}

/**
 * Allows it, and accepts the one wildcard it takes: an object's key is not known before it is
 * written, so a prefix is as narrow as a policy can be. The bucket may be in another stack.
 */
export function allowObjects(role: Role, { actions, bucket, prefix }: ObjectAccess): void {
  role.addToPolicy(
    new PolicyStatement({ actions: [...actions], resources: [bucket.arnForObjects(`${prefix}*`)] }),
  );
  if (actions.includes('s3:GetObject')) {
    // To who may not list, S3 says of a missing object that access is denied; readers tell the two apart.
    role.addToPolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
    );
  }
  acknowledge(role, {
    finding: `AwsSolutions-IAM5[Resource::${exportedName(bucket, bucket.bucketArn)}/${prefix}*]`,
    reason: 'The keys below this prefix are not known before the objects are written.',
  });
}

/** How cdk-nag writes the ARN of something in another stack: the name of the export by which it is read. */
export function exportedName(owned: IConstruct, arn: string): string {
  const owner = Stack.of(owned);
  const reference: Record<string, string> = owner.resolve(owner.exportValue(arn));
  return reference['Fn::ImportValue'] ?? '';
}
