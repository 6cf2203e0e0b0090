import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DataBuckets } from '../constructs/data-buckets.ts';
import { EventStream } from '../constructs/event-stream.ts';
import { ProfileTables } from '../constructs/profile-tables.ts';
import { Secrets } from '../constructs/secrets.ts';
import type { Environment } from '../environments.ts';

export interface StateStackProps extends StackProps {
  readonly environment: Environment;
}

/** Everything that holds data. It changes rarely and, in production, refuses to be deleted. */
export class StateStack extends Stack {
  readonly tables: ProfileTables;
  readonly stream: EventStream;
  readonly buckets: DataBuckets;
  readonly secrets: Secrets;

  constructor(scope: Construct, id: string, props: StateStackProps) {
    const { environment, ...stackProps } = props;
    super(scope, id, { ...stackProps, terminationProtection: environment.retainsState });
    const { retainsState } = environment;
    this.tables = new ProfileTables(this, 'Tables', { retainsState });
    this.stream = new EventStream(this, 'Stream', {
      retainsState,
      retentionHours: environment.streamRetentionHours,
    });
    this.buckets = new DataBuckets(this, 'Buckets', {
      retainsState,
      retention: {
        lakeRetentionDays: environment.lakeRetentionDays,
        snapshotRetentionDays: environment.train.snapshotRetentionDays,
        profileRetentionDays: environment.privacy.profileRetentionDays,
      },
    });
    this.secrets = new Secrets(this, 'Secrets', { retainsState });
  }
}
