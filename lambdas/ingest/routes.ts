import type { EventType } from '../../core/events/event.ts';
import {
  BATCH_BYTES_MAX,
  CALL_BYTES_MAX,
  IMPORT_BATCH_BYTES_MAX,
  IMPORT_CALL_BYTES_MAX,
} from '../../core/events/limits.ts';

/** What a path of the collector takes. */
export type Route = CallRoute | QuestionRoute | DroppedRoute;

/** Takes calls, one or a batch. */
export type CallRoute =
  | {
      readonly kind: 'call';
      readonly method: 'POST';
      readonly type: EventType;
      readonly bodyBytesMax: number;
      readonly callBytesMax: number;
    }
  | {
      readonly kind: 'batch';
      readonly method: 'POST';
      /** Takes a server's history: larger calls and batches. */
      readonly isImport: boolean;
      readonly bodyBytesMax: number;
      readonly callBytesMax: number;
    };

/** Answers what an SDK asks before it sends, or shows the image that a page without scripts loads. */
export type QuestionRoute =
  | { readonly kind: 'settings'; readonly method: 'GET'; readonly writeKey: string }
  | { readonly kind: 'sourceConfig'; readonly method: 'GET' }
  | { readonly kind: 'pixel'; readonly method: 'GET' };

/** The browser SDK's metrics about itself. */
interface DroppedRoute {
  readonly kind: 'dropped';
  readonly method: 'POST';
}

const call = (type: EventType): Route => ({
  kind: 'call',
  method: 'POST',
  type,
  bodyBytesMax: CALL_BYTES_MAX,
  callBytesMax: CALL_BYTES_MAX,
});
const batch: Route = {
  kind: 'batch',
  method: 'POST',
  isImport: false,
  bodyBytesMax: BATCH_BYTES_MAX,
  callBytesMax: CALL_BYTES_MAX,
};
const importBatch: Route = {
  kind: 'batch',
  method: 'POST',
  isImport: true,
  bodyBytesMax: IMPORT_BATCH_BYTES_MAX,
  callBytesMax: IMPORT_CALL_BYTES_MAX,
};

/** Full names for servers, first letters for the browser SDK. */
const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/v1/track', call('track')],
  ['/v1/t', call('track')],
  ['/v1/identify', call('identify')],
  ['/v1/i', call('identify')],
  ['/v1/page', call('page')],
  ['/v1/p', call('page')],
  ['/v1/screen', call('screen')],
  ['/v1/s', call('screen')],
  ['/v1/group', call('group')],
  ['/v1/g', call('group')],
  ['/v1/alias', call('alias')],
  ['/v1/a', call('alias')],
  ['/v1/batch', batch],
  ['/v1/b', batch],
  ['/beacon/v1/batch', batch],
  ['/v1/import', importBatch],
  ['/v1/m', { kind: 'dropped', method: 'POST' }],
  ['/v1/sourceConfig', { kind: 'sourceConfig', method: 'GET' }],
  ['/v1/pixel.gif', { kind: 'pixel', method: 'GET' }],
]);

const SETTINGS_PATH = /^\/v1\/projects\/([^/]{1,256})\/settings$/;

/** The route of a path with its stage, which is the `/v1`; a slash at the end makes no difference. */
export function routeOf(path: string): Route | undefined {
  const plain = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  const writeKey = SETTINGS_PATH.exec(plain)?.[1];
  if (writeKey !== undefined) return { kind: 'settings', method: 'GET', writeKey };
  return routes.get(plain);
}
