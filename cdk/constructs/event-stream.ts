import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';

export interface EventStreamProps {
  readonly retainsState: boolean;
  readonly retentionHours: number;
}

/** The stream of collected events: on demand, so that no shard count is ever a decision. */
export class EventStream extends Construct {
  readonly stream: Stream;

  constructor(scope: Construct, id: string, props: EventStreamProps) {
    super(scope, id);
    this.stream = new Stream(this, 'Events', {
      streamMode: StreamMode.ON_DEMAND,
      // The key that Kinesis manages: a customer key would cost a KMS call per producer and shard
      // and protect no more, as nobody outside the account reads the stream.
      encryption: StreamEncryption.MANAGED,
      retentionPeriod: Duration.hours(props.retentionHours),
      removalPolicy: props.retainsState ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
