import * as z from 'zod';
import { storeNames } from './store-names.ts';

/** The variables that the template sets; read once, and a missing one stops the function at its start. */
const serveEnvironment = storeNames.extend({
  CUSTOMER_READ_MS: z.coerce.number().int().positive(),
  FIRST_MODEL_MS: z.coerce.number().int().nonnegative(),
  EVENTS_STREAM_NAME: z.string().min(1),
  CLICK_SECRET_ID: z.string().min(1),
  /** Where links may lead, separated by commas; empty where they lead to the shop at once. */
  CLICK_HOSTS: z.string().transform((text) => text.split(',').filter((host) => host !== '')),
  CLICK_DAYS_MAX: z.coerce.number().int().positive(),
});

export const environment = serveEnvironment.parse(process.env, { jitless: true });
