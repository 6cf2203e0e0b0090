import { RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { CART_DUE_ATTRIBUTE, CART_DUE_INDEX } from '../../core/profile/cart-due.ts';

export interface ProfileTablesProps {
  readonly retainsState: boolean;
}

/** The tables that the enricher writes and the API reads, and the configuration beside them. */
export class ProfileTables extends Construct {
  /** The joined state of one customer, or the tombstone of a merged one. */
  readonly profiles: Table;
  /** Which profile an identity (`kind#hmac`) belongs to. */
  readonly identities: Table;
  /** What must never count twice, for as long as a repeat can arrive. */
  readonly dedupe: Table;
  readonly catalogue: Table;
  /** Model pointer, sources and placements: small documents by kind and id. */
  readonly config: Table;
  /** What was shown where in which mailing, until the mail is old. */
  readonly shown: Table;
  /** For a day, what became of the last events of each source. */
  readonly inspector: Table;

  constructor(scope: Construct, id: string, props: ProfileTablesProps) {
    super(scope, id);
    const { retainsState } = props;
    this.profiles = this.table('Profiles', retainsState, {
      partitionKey: 'profileId',
      // A customer who has not been seen for as long as the environment says; see profile-write.ts.
      expiry: 'expiresAt',
    });
    // Sparse: only open carts are in it, and it is written when a cart's hour changes, not with each event.
    this.profiles.addGlobalSecondaryIndex({
      indexName: CART_DUE_INDEX,
      partitionKey: text(CART_DUE_ATTRIBUTE),
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.identities = this.table('Identities', retainsState, { partitionKey: 'identity' });
    this.dedupe = this.table('Dedupe', retainsState, {
      partitionKey: 'key',
      expiry: 'expiresAt',
    });
    this.catalogue = this.table('Catalogue', retainsState, { partitionKey: 'itemId' });
    this.config = this.table('Config', retainsState, { partitionKey: 'kind', sortKey: 'id' });
    this.shown = this.table('Shown', retainsState, {
      partitionKey: 'key',
      expiry: 'expiresAt',
    });
    this.inspector = this.table('Inspector', retainsState, {
      partitionKey: 'source',
      sortKey: 'at',
      expiry: 'expiresAt',
    });
  }

  private table(
    id: string,
    retainsState: boolean,
    keys: { partitionKey: string; sortKey?: string; expiry?: string },
  ): Table {
    return new Table(this, id, {
      partitionKey: text(keys.partitionKey),
      ...(keys.sortKey === undefined ? {} : { sortKey: text(keys.sortKey) }),
      ...(keys.expiry === undefined ? {} : { timeToLiveAttribute: keys.expiry }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: retainsState,
      removalPolicy: retainsState ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}

function text(name: string): Attribute {
  return { name, type: AttributeType.STRING };
}
