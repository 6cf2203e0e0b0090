import { type Cart, combineCart } from './cart.ts';
import type { Profile } from './profile.ts';
import { daysIn } from './purchase-days.ts';
import { SEND_MS } from './shown.ts';

const DAY_MS = 86_400_000;

/**
 * A profile as far as it can be turned back to a moment, epoch ms: interactions, purchases, the cart and what was
 * shown since are left out. A profile remembers the latest of everything and no more, so that what had been pushed
 * out by then is missing; consent, traits, interests and remembered variants stay as they are.
 */
export function profileAt(profile: Profile, atMs: number): Profile {
  const recent = profile.recent.filter(({ timeMs }) => timeMs <= atMs);
  const { lastAtMs, ...orders } = profile.orders;
  const isLater = lastAtMs !== undefined && lastAtMs > atMs;
  const orderedAtMs = isLater ? newestOf(recent, 'purchase') : lastAtMs;
  const { cart, purchaseDays, shown, ...kept } = profile;
  const cartThen = cart && cartAt(cart, recent, atMs);
  return {
    ...kept,
    recent,
    orders: { ...orders, ...(orderedAtMs !== undefined && { lastAtMs: orderedAtMs }) },
    ...(cartThen !== undefined && { cart: cartThen }),
    ...(purchaseDays !== undefined && { purchaseDays: purchaseDaysAt(purchaseDays, atMs) }),
    ...(shown !== undefined && { shown: shown.filter(([hour]) => hour * SEND_MS <= atMs) }),
  };
}

/** The parts are latest times: of one that came later only the interactions tell what it had been. */
function cartAt(cart: Cart, recent: Profile['recent'], atMs: number): Cart | undefined {
  const [changedAtMs = 0, checkoutAtMs = 0, abandonedAtMs = 0] = cart;
  const then = changedAtMs <= atMs ? changedAtMs : newestOf(recent, 'cart');
  if (then === undefined) return undefined;
  const upTo = (timeMs: number) => (timeMs <= atMs ? timeMs : 0);
  return combineCart([then], [0, upTo(checkoutAtMs), upTo(abandonedAtMs)]);
}

function purchaseDaysAt(days: readonly number[], atMs: number): readonly number[] {
  const then = daysIn(days).filter((day) => day * DAY_MS <= atMs);
  return then.map((day, index) => (index === 0 ? day : (then[index - 1] ?? day) - day));
}

function newestOf(recent: Profile['recent'], wanted: Profile['recent'][number]['kind']) {
  const times = recent.flatMap(({ kind, timeMs }) => (kind === wanted ? [timeMs] : []));
  return times.length === 0 ? undefined : Math.max(...times);
}
