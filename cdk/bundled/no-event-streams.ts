/**
 * Stands in every bundle for the SDK's event streams (HTTP/2 pushes in both directions), which clients
 * of Kinesis and S3 bring along for SubscribeToShard and SelectObjectContent. No function calls either.
 */
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

export const eventStreamSerdeProvider = (): undefined => undefined;

export class EventStreamSerde {
  constructor() {
    throw new Error('this bundle has no event streams; see cdk/bundled/no-event-streams.ts');
  }
}
