import type { EventType } from '../../core/events/event.ts';
import {
  BATCH_BYTES_MAX,
  CALL_BYTES_MAX,
  IMPORT_BATCH_BYTES_MAX,
  IMPORT_CALL_BYTES_MAX,
} from '../../core/events/limits.ts';

/** What a path of the collector takes. */
export type Route =
  | {
      readonly kind: 'call';
      readonly type: EventType;
      readonly bodyBytesMax: number;
      readonly callBytesMax: number;
    }
  | { readonly kind: 'batch'; readonly bodyBytesMax: number; readonly callBytesMax: number }
  /** The browser SDK's metrics about itself. */
  | { readonly kind: 'dropped' };

const call = (type: EventType): Route => ({
  kind: 'call',
  type,
  bodyBytesMax: CALL_BYTES_MAX,
  callBytesMax: CALL_BYTES_MAX,
});
const batch: Route = { kind: 'batch', bodyBytesMax: BATCH_BYTES_MAX, callBytesMax: CALL_BYTES_MAX };
const importBatch: Route = {
  kind: 'batch',
  bodyBytesMax: IMPORT_BATCH_BYTES_MAX,
  callBytesMax: IMPORT_CALL_BYTES_MAX,
};

/** Full names for servers, first letters for the browser SDK. */
const routes: ReadonlyMap<string, Route> = new Map([
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
  ['/v1/m', { kind: 'dropped' }],
]);

/** The route of a path with its stage, which is the `/v1`; a slash at the end makes no difference. */
export function routeOf(path: string): Route | undefined {
  return routes.get(path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
}
