import { RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledgement.ts';

export interface SecretsProps {
  readonly retainsState: boolean;
}

/** 64 of 62 characters: more than the 256 bits that an HMAC-SHA-256 key can use. */
const HMAC_KEY_CHARACTERS = 64;
/** 40 of 62 characters: 238 bits, and within API Gateway's 20 to 128 for the value of a key. */
const KEY_CHARACTERS = 40;

/** The secrets that AWS makes up at the first deployment and nobody types, and the one of the sources. */
export class Secrets extends Construct {
  /** HMAC key of every stored identity: lose it and no customer is found again. */
  readonly identity: Secret;
  /** The write key of the default source. */
  readonly writeKey: Secret;
  /** HMAC key of the signed query tokens. */
  readonly token: Secret;
  /** HMAC key of the links in mails. */
  readonly click: Secret;
  /** The value of the default API key. */
  readonly apiKey: Secret;
  /** HMAC key of the certificates of erasures. */
  readonly certificate: Secret;
  /** What sources authenticate with, by source id and name; operators write it. */
  readonly sources: Secret;

  constructor(scope: Construct, id: string, props: SecretsProps) {
    super(scope, id);
    this.identity = this.secret(
      'Identity',
      props,
      'HMAC key of the identities. Never rotate: every stored identity depends on it.',
      HMAC_KEY_CHARACTERS,
    );
    this.writeKey = this.secret(
      'WriteKey',
      props,
      'Write key of the default source.',
      KEY_CHARACTERS,
    );
    this.token = this.secret(
      'Token',
      props,
      'HMAC key of the signed query tokens.',
      HMAC_KEY_CHARACTERS,
    );
    this.click = this.secret(
      'Click',
      props,
      'HMAC key of the links in mails. A new one ends those that were sent.',
      HMAC_KEY_CHARACTERS,
    );
    this.certificate = this.secret(
      'Certificate',
      props,
      'HMAC key of the certificates of erasures. A new one leaves those of before unconfirmed.',
      HMAC_KEY_CHARACTERS,
    );
    this.apiKey = this.secret('ApiKey', props, 'The default API key.', KEY_CHARACTERS);
    this.sources = new Secret(this, 'SourceSecrets', {
      description: 'The secrets of the sources: { "<sourceId>": { "<name>": "<value>" } }.',
      // Nothing secret: an empty object to begin with. It never changes here, so that no deployment
      // writes over what operators have put in.
      secretStringValue: SecretValue.unsafePlainText('{}'),
      removalPolicy: props.retainsState ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    acknowledge(this, {
      finding: 'AwsSolutions-SMG4',
      reason:
        'The identity key must never change, and the others are known to clients that cannot follow a rotation; they are renewed by hand.',
    });
  }

  private secret(
    id: string,
    { retainsState }: SecretsProps,
    description: string,
    passwordLength: number,
  ): Secret {
    return new Secret(this, id, {
      description,
      generateSecretString: { passwordLength, excludePunctuation: true },
      removalPolicy: retainsState ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
