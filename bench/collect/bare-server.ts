import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';

/**
 * The least that any collector does: parse the JSON, make the same SDK call, answer. Prints its port.
 * The stream's name is its argument; endpoint and credentials come from the environment.
 */
const [streamName = ''] = process.argv.slice(2);
const client = new KinesisClient({});

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { batch } = JSON.parse(Buffer.concat(chunks).toString()) as {
    batch: { messageId: string }[];
  };
  const Records = batch.map((call) => ({
    Data: Buffer.from(JSON.stringify(call)),
    PartitionKey: call.messageId,
  }));
  await client.send(new PutRecordsCommand({ StreamName: streamName, Records }));
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true}');
});
server.listen(0, '127.0.0.1', () => {
  console.log((server.address() as AddressInfo).port);
});
