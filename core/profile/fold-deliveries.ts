import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { isOfThePast } from '../identity/erased-identity.ts';
import {
  combineLanes,
  type Delivery,
  type Evidence,
  isForgotten,
  isProven,
  isRedelivery,
} from './evidence.ts';
import { orderClaimOf } from './orders.ts';
import type { Claim, ProfileWrite, StoredView } from './profile-store.ts';
import type { Entry } from './working-entry.ts';
import { ColdNeededError, type RefusedIdentity, WorkingSet } from './working-set.ts';

/** An event as it came off the stream. */
export interface DeliveredEvent {
  readonly event: CollectedEvent;
  /** References of its identities, strongest first; at least one. */
  readonly refs: readonly string[];
  /** Of the user id that the shop says was the customer's before. */
  readonly formerRef?: string | undefined;
  readonly delivery: Delivery;
}

/**
 * What became of an event: taken in; known because its client sent it before; known because this
 * very record was handled before and comes again; or dropped, because its customer was erased.
 */
export type EventOutcome = 'folded' | 'duplicate' | 'redelivered' | 'erased';

/** What was folded; or the profile whose cold item is needed for it, and was not read. */
export type Folding = FoldedChunk | { readonly coldNeededOf: string };

export interface FoldedChunk {
  /** One per event, from the first on; may be fewer than were given. The rest is for the next write. */
  readonly outcomes: readonly EventOutcome[];
  /** By event: identities that the customer can't have as well. */
  readonly refused: readonly EventRefusal[];
  /** Undefined where nothing changes. */
  readonly write: ProfileWrite | undefined;
}

/** An event that was folded, and what of it was not joined. */
export interface EventRefusal extends RefusedIdentity {
  readonly event: CollectedEvent;
}

/**
 * DynamoDB's limit of one transaction. An event that joins adds at most 68: 48 links (IDENTITIES_MAX), 9
 * profiles or tombstones (EVENT_IDENTITIES_MAX and a former one) with their cold items, and two claims. One of a
 * single known customer adds 4: its two items and two claims.
 */
const ACTIONS_MAX = 100;
const JOINING_ACTIONS_MAX = 68;
const PLAIN_ACTIONS_MAX = 4;

/** With the 9 that one more event can add, under 2 MB of the 4 MB that a transaction may carry. */
const WRITE_PROFILES_MAX = 16;

/** How long a repeat of an order is looked for: a year and the longest returns after it. */
const CLAIM_DAYS = 400;
/** How long the same rebuild may be run again. */
const REBUILD_CLAIM_DAYS = 30;
const DAY_S = 86_400;
const DAY_MS = DAY_S * 1_000;

/**
 * Resolves and folds a group's events, in the order of their sequence numbers, as far as they fit one
 * write. `takenClaims` are those that the store has refused: their events are duplicates.
 * @throws ProfileRefusedError when a profile can't be folded into.
 */
export function foldDeliveries(
  view: StoredView,
  deliveries: readonly DeliveredEvent[],
  takenClaims: ReadonlySet<string>,
): Folding {
  try {
    return foldChunk(view, deliveries, takenClaims);
  } catch (error) {
    // Known only in the middle of the work, and of few events.
    if (error instanceof ColdNeededError) return { coldNeededOf: error.profileId };
    throw error;
  }
}

function foldChunk(
  view: StoredView,
  deliveries: readonly DeliveredEvent[],
  takenClaims: ReadonlySet<string>,
): FoldedChunk {
  const working = new WorkingSet(view);
  const outcomes: EventOutcome[] = [];
  const refused: EventRefusal[] = [];
  for (const delivered of deliveries) {
    if (isFull(working, delivered)) break;
    const left = withoutErased(view, delivered);
    outcomes.push(left === undefined ? 'erased' : foldOne(working, left, takenClaims));
    for (const each of working.refusedIdentities.slice(refused.length)) {
      refused.push({ ...each, event: delivered.event });
    }
  }
  const arrivedAtMs = deliveries.at(-1)?.delivery.arrivedAtMs ?? 0;
  return { outcomes, refused, write: working.toWrite(arrivedAtMs) };
}

function isFull(working: WorkingSet, { refs, formerRef }: DeliveredEvent): boolean {
  const room = ACTIONS_MAX - working.actionCount;
  const isEnough = room >= JOINING_ACTIONS_MAX && working.profileCount < WRITE_PROFILES_MAX;
  if (isEnough) return false;
  const isPlain = formerRef === undefined && working.isOneOwner(refs);
  return !isPlain || room < PLAIN_ACTIONS_MAX;
}

/**
 * The event without the identities whose customers were erased since; nothing where its own customer was.
 * A weaker one is somebody else's by then, whoever used the device: it makes nobody one.
 */
function withoutErased(view: StoredView, delivered: DeliveredEvent): DeliveredEvent | undefined {
  if (view.erased.size === 0) return delivered;
  const { event, refs, formerRef, ...rest } = delivered;
  const isErased = (ref: string) => isOfThePast(view.erased.get(ref), event);
  const [strongest = ''] = refs;
  if (isErased(strongest)) return undefined;
  const former = formerRef === undefined || isErased(formerRef) ? {} : { formerRef };
  return { ...rest, event, refs: refs.filter((ref) => !isErased(ref)), ...former };
}

/**
 * An event belongs to the profile of its strongest identity, always; the weaker ones are linked to it
 * where they are free, and their profiles merged into it where that is allowed. A weaker identity that
 * another user holds stays there: a shared device or mailbox makes nobody the same person.
 */
function foldOne(
  working: WorkingSet,
  { event, refs, formerRef, delivery }: DeliveredEvent,
  takenClaims: ReadonlySet<string>,
): EventOutcome {
  const strongest = refs[0] ?? '';
  const claims = claimsOf(event, delivery);
  const known = working.ownerOf(strongest);
  if (known !== undefined) {
    if (isRedelivery(evidenceFor(working, known, delivery), delivery)) return 'redelivered';
    // Of an order its claim says more surely whether it was counted.
    const hasClaim = claims.length > 0 && isClaimKept(event, delivery);
    if (!hasClaim && isForgotten(known.hot.evidence, delivery)) return 'duplicate';
  }
  // What is sent again may still join what could not be joined when it first came.
  let owner = known ?? working.ownerOrFounded(strongest, happenedAtMs(event));
  owner = inUse(working, owner, strongest);
  for (let index = 1; index < refs.length; index += 1) {
    const ref = refs[index] ?? '';
    const other = working.ownerOf(ref);
    if (other === undefined) owner = working.link(owner, ref);
    else if (other !== owner) owner = working.join(owner, other, ref);
  }
  if (formerRef !== undefined) owner = joinFormer(working, owner, formerRef, event);
  const free =
    claims.length === 0
      ? noClaims
      : claims.filter(({ key }) => !takenClaims.has(key) && !working.hasClaim(key));
  const isTaken = claims[0] !== free[0];
  const evidence = evidenceFor(working, owner, delivery);
  if (isTaken || isProven(evidence, delivery)) {
    const isAgain = isRedelivery(evidence, delivery);
    working.remember(owner, delivery);
    return isAgain ? 'redelivered' : 'duplicate';
  }
  for (const claim of free) working.addClaim(claim);
  working.takeIn(owner, event, delivery);
  return 'folded';
}

/** The proof that can concern a delivery: of a lane that hot doesn't know, cold may. */
function evidenceFor(working: WorkingSet, entry: Entry, { lane }: Delivery): Evidence {
  const { evidence, hasColdLanes } = entry.hot;
  if (!hasColdLanes || evidence.lanes[lane] !== undefined) return evidence;
  return { ...evidence, lanes: combineLanes(evidence.lanes, working.coldOf(entry).lanes) };
}

/**
 * What the event claims, first what decides whether it counts. Of an event that builds a profile anew that is the
 * event itself within the rebuild: its order was claimed by the profile that was taken away.
 */
function claimsOf(event: CollectedEvent, { arrivedAtMs }: Delivery): readonly Claim[] {
  const order = orderClaimOf(event);
  const { rebuildId, messageId } = event;
  if (order === undefined && rebuildId === undefined) return noClaims;
  const claim = (key: string, days: number) => ({
    key,
    expiresAtS: Math.floor(arrivedAtMs / 1000) + days * DAY_S,
  });
  const orders = order === undefined ? [] : [claim(order, CLAIM_DAYS)];
  if (rebuildId === undefined) return orders;
  const own = `rebuild#${rebuildId}#${order ?? `message#${messageId}`}`;
  return [claim(own, REBUILD_CLAIM_DAYS), ...orders];
}

const noClaims: readonly Claim[] = [];

/** Whether a claim made when the event first came would still be there; live events make theirs now. */
function isClaimKept(
  { rebuildId }: CollectedEvent,
  { firstReceivedMs, arrivedAtMs }: Delivery,
): boolean {
  if (rebuildId !== undefined || firstReceivedMs === undefined) return true;
  return arrivedAtMs - firstReceivedMs < CLAIM_DAYS * DAY_MS;
}

/** A user id that was known from an `alias` alone is one that the shop uses, from its first event on. */
function inUse(working: WorkingSet, owner: Entry, ref: string): Entry {
  const { formerIdentities } = owner.hot;
  if (!formerIdentities.includes(ref)) return owner;
  working.changeHot(owner, {
    formerIdentities: formerIdentities.filter((former) => former !== ref),
  });
  return owner;
}

/**
 * The shop says that this customer had another user id before: both are one. An id that nobody has used may
 * as well be a device's, which several users can share: it is kept for the first of them, and makes nobody one.
 */
function joinFormer(working: WorkingSet, owner: Entry, ref: string, event: CollectedEvent): Entry {
  const other = working.ownerOf(ref);
  if (other === undefined) return working.joinUnused(owner, ref, happenedAtMs(event));
  if (other === owner) return owner;
  return working.join(owner, other, ref, !other.hot.formerIdentities.includes(ref));
}
