/** What becomes of an event that only stands in the lake and in the customer's history. */
export const KEPT = 'kept in the lake';
