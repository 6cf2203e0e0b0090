/**
 * The contract of SNS as Kindred uses it, in the AWS Query protocol that its SDK client sends (recorded
 * from @aws-sdk/client-sns 3.1143). SNS_ENDPOINT points the requests at another emulator.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SnsEngine, startSnsEngine } from '../../local/engines/sns.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alarms';

let engine: SnsEngine;
beforeAll(async () => {
  engine = await startSnsEngine();
  engine.createTopic(TOPIC);
});
afterAll(() => engine.stop());

async function request(action: string, parameters: Record<string, string>) {
  const response = await fetch(process.env.SNS_ENDPOINT ?? engine.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...parameters, Action: action, Version: '2010-03-31' }),
  });
  return { status: response.status, body: await response.text() };
}

describe('a topic', () => {
  it('logs what is published to it', async () => {
    const { status, body } = await request('Publish', {
      TopicArn: TOPIC,
      Subject: 'ALARM',
      Message: 'a < b & "c"',
    });
    expect(status).toBe(200);
    const messageId = /<PublishResult><MessageId>([^<]+)<\/MessageId>/.exec(body)?.[1];
    expect(engine.messages().at(-1)).toMatchObject({
      messageId,
      topicArn: TOPIC,
      subject: 'ALARM',
      message: 'a < b & "c"',
    });
  });

  it('keeps the latest thousand messages', () => {
    for (let i = 0; i < 1_001; i += 1) engine.publish(TOPIC, '', `message ${i}`);
    expect(engine.messages()).toHaveLength(1_000);
    expect(engine.messages()[0]?.message).toBe('message 1');
  });

  it('takes an email subscription and leaves it pending', async () => {
    const endpoint = 'a&b@example.com';
    const subscribed = await request('Subscribe', {
      TopicArn: TOPIC,
      Protocol: 'email',
      Endpoint: endpoint,
    });
    expect(subscribed.body).toContain('<SubscriptionArn>pending confirmation</SubscriptionArn>');
    const listed = await request('ListSubscriptionsByTopic', { TopicArn: TOPIC });
    expect(listed.body).toContain('<Endpoint>a&amp;b@example.com</Endpoint>');
    expect((await request('ListTopics', {})).body).toContain(
      `<member><TopicArn>${TOPIC}</TopicArn></member>`,
    );
  });

  it.each([
    ['Publish', { TopicArn: `${TOPIC}-not`, Message: 'x' }, 404, 'NotFound'],
    ['Publish', { TopicArn: TOPIC, Message: 'x'.repeat(262_145) }, 400, 'too long'],
    ['Publish', { TopicArn: TOPIC }, 400, 'Message is required'],
    ['Publish', { TopicArn: TOPIC, Message: 'x', MessageGroupId: '1' }, 400, 'MessageGroupId'],
    ['Subscribe', { TopicArn: TOPIC, Protocol: 'sqs', Endpoint: 'x' }, 400, 'sqs'],
    ['CreatePlatformApplication', {}, 400, 'InvalidAction'],
  ])('refuses %s with %j', async (action, parameters, status, message) => {
    const refused = await request(action, parameters);
    expect(refused.status).toBe(status);
    expect(refused.body).toContain(message);
  });
});
