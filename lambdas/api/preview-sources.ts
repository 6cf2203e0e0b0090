import { S3Client } from '@aws-sdk/client-s3';
import { ITEMS_PER_READ_MAX, readItems } from '../../adapters/dynamodb/catalogue-reader.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { clientReads } from '../../adapters/dynamodb/client-reads.ts';
import { findProfileId, readProfile } from '../../adapters/dynamodb/customer-reader.ts';
import { readExperiments } from '../../adapters/dynamodb/experiment-documents.ts';
import { erasureOf } from '../../adapters/dynamodb/identity-owners.ts';
import { readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import {
  readPlacements,
  type StoredPlacements,
} from '../../adapters/dynamodb/placement-documents.ts';
import { loadModel, readModelFile } from '../../adapters/s3/model-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { identitiesOfKey } from '../../core/identity/customer-key.ts';
import type { ErasedIdentity } from '../../core/identity/erased-identity.ts';
import { identityRef } from '../../core/identity/identity-key.ts';
import type { Model } from '../../core/training/model.ts';
import { MANIFEST_FILE } from '../../core/training/model-file.ts';
import { Problem } from '../ingest/answers.ts';
import type { ExperimentRead } from './current-experiments.ts';
import { type Customer, Customers } from './customers.ts';
import { LiveCatalogue, type LiveItems } from './live-catalogue.ts';
import { environment } from './preview-environment.ts';
import { within } from './time-budget.ts';

/** An operator waits, but API Gateway hangs up after 29 s: the longest way, four reads in a row, ends before. */
const ATTEMPTS_MAX = 2;
const CONNECT_MS_MAX = 1_000;
const ATTEMPT_MS_MAX = 2_500;
const READ_MS_MAX = 5_500;
/** A model of 100 MB takes a cold function a few seconds. */
const LOAD_MS_MAX = 15_000;

/**
 * Where a preview reads. Unlike serving it reads everything anew, waits, and goes on without nothing: what can't be
 * read is a Problem 503 that names the store.
 */
export class PreviewSources {
  readonly #dynamoDb = createDynamoDbClient({
    attemptsMax: ATTEMPTS_MAX,
    connectMsMax: CONNECT_MS_MAX,
    attemptMsMax: ATTEMPT_MS_MAX,
  });
  readonly #reads = clientReads(this.#dynamoDb);
  readonly #s3 = new S3Client({
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: { requestTimeout: ATTEMPT_MS_MAX, throwOnRequestTimeout: true },
  });
  readonly #config = { reads: this.#reads, table: environment.CONFIG_TABLE };
  readonly #models = { client: this.#s3, bucket: environment.MODELS_BUCKET };
  readonly #customers: Customers;
  /** The last one that was read; models never change. */
  #model: Model | undefined;

  constructor() {
    const tables = {
      reads: this.#reads,
      identitiesTable: environment.IDENTITIES_TABLE,
      profilesTable: environment.PROFILES_TABLE,
    };
    this.#customers = new Customers(
      {
        secret,
        findProfileId: (refs, id, signal) => findProfileId(tables, refs, id, signal),
        readProfile: (id, signal) => readProfile(tables, id, signal),
      },
      READ_MS_MAX,
    );
  }

  placements(): Promise<StoredPlacements> {
    return read('table of configuration (placements)', (signal) =>
      readPlacements(this.#config, signal),
    );
  }

  experiments(): Promise<ExperimentRead> {
    return read('table of configuration (experiments)', () => readExperiments(this.#config));
  }

  async customer(key: string | undefined): Promise<Customer> {
    // Patiently first: whoever serves gives it half a second.
    await read('store of secrets (identity secret)', secret);
    const customer = await this.#customers.find(key);
    if (customer.kind === 'unreadable') throw unreadable(`table of ${customer.dependency}`);
    return customer;
  }

  /** The mark that an erasure left under a key that leads to nobody. */
  async erasure(key: string): Promise<ErasedIdentity | undefined> {
    const identitySecret = await read('store of secrets (identity secret)', secret);
    const refs = identitiesOfKey(key, identitySecret).map(identityRef);
    return read('table of identities', () =>
      erasureOf(this.#dynamoDb, environment.IDENTITIES_TABLE, refs),
    );
  }

  /** The model of this id, or the current one; undefined before the first is published. */
  async model(chosenId: string | undefined): Promise<Model | undefined> {
    const id = chosenId ?? (await this.#currentId());
    if (id === undefined || id === this.#model?.id) return this.#model;
    const loaded = await read(
      'bucket of models',
      (abortSignal) => loadModel(this.#models, id, { abortSignal }),
      LOAD_MS_MAX,
    );
    if (loaded.ok) {
      this.#model = loaded.model;
      return loaded.model;
    }
    const manifest = await read('bucket of models', () =>
      readModelFile(this.#models, id, MANIFEST_FILE),
    );
    if (manifest === undefined && chosenId !== undefined) {
      throw new Problem(404, 'There is no such model; see GET /v1/models for those there are.');
    }
    throw new Problem(
      409,
      `The model can’t be used: ${loaded.reason}. Functions that serve go on with their last good one; ` +
        'name another by model=…, see GET /v1/models.',
    );
  }

  /** What the catalogue says now; what has changed of late is told as of `nowMs`. */
  async items(itemIds: readonly string[], nowMs: number): Promise<LiveItems> {
    const table = { reads: this.#reads, table: environment.CATALOGUE_TABLE };
    // A memory of one request: none may see what was read for another moment.
    const catalogue = new LiveCatalogue(
      (ids, signal) => readItems(table, ids, signal, nowMs),
      ITEMS_PER_READ_MAX,
      READ_MS_MAX,
    );
    const live = await catalogue.itemsOf(itemIds);
    if (!live.isRead) throw unreadable('table of the catalogue');
    return live;
  }

  async #currentId(): Promise<string | undefined> {
    const pointer = await read('table of configuration (model pointer)', (abortSignal) =>
      readPointer(this.#config, { abortSignal, consistent: true }),
    );
    return pointer?.current;
  }
}

function secret(): Promise<string> {
  return readSecret(environment.IDENTITY_SECRET_ID);
}

async function read<T>(
  store: string,
  work: (signal: AbortSignal) => Promise<T>,
  budgetMs = READ_MS_MAX,
): Promise<T> {
  const outcome = await within(budgetMs, work);
  if (!outcome.ok) throw unreadable(store);
  return outcome.value;
}

function unreadable(store: string): Problem {
  return new Problem(
    503,
    `The ${store} could not be read, so there is no preview. Customers are answered without it meanwhile. Try again.`,
  );
}
