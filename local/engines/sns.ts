import { randomUUID } from 'node:crypto';
import { type Engine, ServiceError } from './json-service.ts';
import { type QueryOperation, startQueryService, type XmlNode } from './query-service.ts';

/**
 * Amazon SNS: topics and a log of what was published to them. An email subscription is inert, it stays
 * "pending confirmation": the local cloud sends no mail. Every other protocol is refused.
 */
export interface SnsOptions {
  /** Called for each message, e.g. to tail it. */
  readonly onPublish?: (message: PublishedMessage) => void;
}

export interface PublishedMessage {
  readonly messageId: string;
  readonly topicArn: string;
  readonly subject: string;
  readonly message: string;
  readonly publishedAtMs: number;
}

export interface SnsEngine extends Engine {
  createTopic(topicArn: string): void;
  publish(topicArn: string, subject: string, message: string): PublishedMessage;
  /** The latest messages, oldest first. */
  messages(): readonly PublishedMessage[];
}

/** The log serves tests and eyes; alarms publish a handful. The oldest goes first. */
const MESSAGES_MAX = 1_000;
/** SNS's own limits. */
const MESSAGE_BYTES_MAX = 256 * 1024;
const SUBJECT_LENGTH_MAX = 100;

const XML_NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

export async function startSnsEngine(options: SnsOptions = {}): Promise<SnsEngine> {
  const topics = new Topics(options.onPublish ?? (() => undefined));
  const service = await startQueryService(XML_NAMESPACE, snsOperations(topics));
  return {
    endpoint: service.endpoint,
    stop: service.stop,
    createTopic: (topicArn) => topics.create(topicArn),
    publish: (topicArn, subject, message) => topics.publish(topicArn, subject, message),
    messages: () => topics.messages,
  };
}

interface Subscription {
  readonly subscriptionArn: 'PendingConfirmation';
  readonly protocol: string;
  readonly endpoint: string;
}

class Topics {
  readonly messages: PublishedMessage[] = [];
  readonly #subscriptions = new Map<string, Subscription[]>();
  readonly #onPublish: (message: PublishedMessage) => void;

  constructor(onPublish: (message: PublishedMessage) => void) {
    this.#onPublish = onPublish;
  }

  create(topicArn: string): void {
    if (!this.#subscriptions.has(topicArn)) this.#subscriptions.set(topicArn, []);
  }

  arns(): readonly string[] {
    return [...this.#subscriptions.keys()];
  }

  subscriptions(topicArn: string): Subscription[] {
    const subscriptions = this.#subscriptions.get(topicArn);
    if (subscriptions !== undefined) return subscriptions;
    throw new ServiceError('NotFound', 'Topic does not exist', 404);
  }

  publish(topicArn: string, subject: string, message: string): PublishedMessage {
    this.subscriptions(topicArn);
    if (message === '') throw invalid('Empty message');
    if (Buffer.byteLength(message) > MESSAGE_BYTES_MAX) throw invalid('Message too long');
    if (subject.length > SUBJECT_LENGTH_MAX) throw invalid('Subject too long');
    const published = {
      messageId: randomUUID(),
      topicArn,
      subject,
      message,
      publishedAtMs: Date.now(),
    };
    this.messages.push(published);
    if (this.messages.length > MESSAGES_MAX) this.messages.shift();
    this.#onPublish(published);
    return published;
  }
}

function snsOperations(topics: Topics): Readonly<Record<string, QueryOperation>> {
  return {
    Publish: {
      required: ['TopicArn', 'Message'],
      optional: ['Subject'],
      handle: (parameter) => {
        const [topicArn, subject] = [parameter('TopicArn'), parameter('Subject')];
        return { MessageId: topics.publish(topicArn, subject, parameter('Message')).messageId };
      },
    },
    ListTopics: {
      required: [],
      optional: [],
      handle: () => ({
        Topics: { member: topics.arns().map((arn): XmlNode => ({ TopicArn: arn })) },
      }),
    },
    Subscribe: {
      required: ['TopicArn', 'Protocol', 'Endpoint'],
      optional: [],
      handle: (parameter) => {
        const protocol = parameter('Protocol');
        if (!['email', 'email-json'].includes(protocol)) {
          throw invalid(`The protocol ${protocol} isn't implemented by the local cloud`);
        }
        const subscriptions = topics.subscriptions(parameter('TopicArn'));
        const endpoint = parameter('Endpoint');
        subscriptions.push({ subscriptionArn: 'PendingConfirmation', protocol, endpoint });
        return { SubscriptionArn: 'pending confirmation' };
      },
    },
    ListSubscriptionsByTopic: {
      required: ['TopicArn'],
      optional: [],
      handle: (parameter) => {
        const topicArn = parameter('TopicArn');
        const members = topics.subscriptions(topicArn).map(
          ({ subscriptionArn, protocol, endpoint }): XmlNode => ({
            TopicArn: topicArn,
            SubscriptionArn: subscriptionArn,
            Protocol: protocol,
            Endpoint: endpoint,
          }),
        );
        return { Subscriptions: { member: members } };
      },
    },
  };
}

function invalid(why: string): ServiceError {
  return new ServiceError('InvalidParameter', `Invalid parameter: ${why}`);
}
