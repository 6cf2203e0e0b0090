/** The parts of dynalite that the DynamoDB engine calls in its own process. */
declare module 'dynalite/db/index.js' {
  export interface DynaliteError extends Error {
    statusCode?: number;
    body?: Record<string, unknown>;
  }
  export type Item = Record<string, Record<string, unknown>>;
  export interface ItemDatabase {
    get(key: string, done: (error: DynaliteError | null, item?: Item) => void): void;
  }
  export interface Table {
    KeySchema: readonly { AttributeName: string }[];
  }
  export interface Store {
    getTable(name: string, done: (error: DynaliteError | null, table?: Table) => void): void;
    getItemDb(name: string): ItemDatabase;
    options: { maxItemSize: number };
    db: { close(done: () => void): void };
  }
  export interface Dynalite {
    create(options: {
      path?: string;
      createTableMs: number;
      deleteTableMs: number;
      updateTableMs: number;
    }): Store;
    createKey(keyOrItem: Item, table: object): string;
    validateKey(key: Item, table: object): DynaliteError | null | undefined;
    validateItem(item: Item, table: object): DynaliteError | null | undefined;
    checkConditional(data: object, existing: Item | undefined): DynaliteError | null | undefined;
    /** Bytes, as DynamoDB counts them. */
    itemSize(item: Item): number;
    capacityUnits(item: Item | undefined, isRead: boolean, isConsistent?: boolean): number;
  }
  const dynalite: Dynalite;
  export default dynalite;
}

declare module 'dynalite/validations/index.js' {
  import type { Store } from 'dynalite/db/index.js';

  const validations: {
    checkTypes(data: object, types: object): Record<string, unknown>;
    checkValidations(
      data: object,
      types: object,
      custom: unknown,
      store: Store,
    ): Record<string, unknown>;
  };
  export default validations;
}
