import { ITEMS_PER_READ_MAX, readItems } from '../../adapters/dynamodb/catalogue-reader.ts';
import { findProfileId, readProfile } from '../../adapters/dynamodb/customer-reader.ts';
import { readExperiments } from '../../adapters/dynamodb/experiment-documents.ts';
import { readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { readPlacements } from '../../adapters/dynamodb/placement-documents.ts';
import { createSignedReads } from '../../adapters/dynamodb/signed-reads.ts';
import { MODELS_PREFIX, readModel } from '../../adapters/s3/model-reader.ts';
import { createReadObject } from '../../adapters/s3/read-object.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import { loadLocales } from '../../core/blocks/present.ts';
import { ClickUrls } from './click-urls.ts';
import { CurrentExperiments } from './current-experiments.ts';
import { CurrentModel } from './current-model.ts';
import { CurrentPlacements } from './current-placements.ts';
import { type CustomerSource, Customers } from './customers.ts';
import { LiveCatalogue } from './live-catalogue.ts';
import type { Sources } from './recommend.ts';
import { environment } from './serve-environment.ts';

/** One retry: a second one would not fit into any time budget. */
const ATTEMPTS_MAX = 2;
/** DynamoDB for what is asked while somebody waits. */
export const reads = createSignedReads({ attemptsMax: ATTEMPTS_MAX });

/**
 * The clients and what is built on them, made once per process. The model and the secret are read from
 * here on, before the first request comes.
 */
export function createSources(
  onModelFailure: ConstructorParameters<typeof CurrentModel>[1],
  onDocumentFailure: (reason: string) => void,
): Sources {
  const tables = {
    reads,
    identitiesTable: environment.IDENTITIES_TABLE,
    profilesTable: environment.PROFILES_TABLE,
  };
  const configTable = { reads, table: environment.CONFIG_TABLE };
  const readObject = createReadObject(environment.MODELS_BUCKET);
  const catalogueTable = { reads, table: environment.CATALOGUE_TABLE };
  const model = new CurrentModel(
    {
      currentId: async (abortSignal) => (await readPointer(configTable, { abortSignal }))?.current,
      previousId: async (abortSignal) =>
        (await readPointer(configTable, { abortSignal }))?.previous,
      load: (id, abortSignal) => {
        const folder = `${MODELS_PREFIX}${id}/`;
        return readModel((name, each) => readObject(`${folder}${name}`, each), id, { abortSignal });
      },
    },
    onModelFailure,
    environment.FIRST_MODEL_MS,
  );
  const customerSource: CustomerSource = {
    secret: () => readSecret(environment.IDENTITY_SECRET_ID),
    findProfileId: (refs, id, signal) => findProfileId(tables, refs, id, signal),
    readProfile: (id, signal) => readProfile(tables, id, signal),
  };
  const customers = new Customers(customerSource, environment.CUSTOMER_READ_MS);
  const catalogue = new LiveCatalogue(
    (ids, signal) => readItems(catalogueTable, ids, signal, Date.now()),
    ITEMS_PER_READ_MAX,
  );
  const placements = new CurrentPlacements(
    bundledPlacements,
    (signal) => readPlacements(configTable, signal),
    onDocumentFailure,
  );
  const experiments = new CurrentExperiments(() => readExperiments(configTable), onDocumentFailure);
  model.refresh();
  experiments.refresh();
  placements.refresh();
  void customers.warm();
  // While the stores are on their way to the first answers.
  setImmediate(loadLocales);
  return { placements, customers, model, catalogue, assign: experiments.assign };
}

/** What makes links lead by way of us; its secrets are read ahead of the first request. */
export function createClickUrls(): ClickUrls {
  const clickUrls = new ClickUrls({
    hosts: environment.CLICK_HOSTS,
    daysMax: environment.CLICK_DAYS_MAX,
    clickSecret: () => readSecret(environment.CLICK_SECRET_ID),
    identitySecret: () => readSecret(environment.IDENTITY_SECRET_ID),
  });
  void clickUrls.ready();
  return clickUrls;
}
