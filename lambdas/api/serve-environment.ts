import * as z from 'zod';

/** The variables that the template sets; read once, and a missing one stops the function at its start. */
const serveEnvironment = z.object({
  PROFILES_TABLE: z.string().min(1),
  IDENTITIES_TABLE: z.string().min(1),
  CATALOGUE_TABLE: z.string().min(1),
  CONFIG_TABLE: z.string().min(1),
  MODELS_BUCKET: z.string().min(1),
  IDENTITY_SECRET_ID: z.string().min(1),
  CUSTOMER_READ_MS: z.coerce.number().int().positive(),
  FIRST_MODEL_MS: z.coerce.number().int().nonnegative(),
  EVENTS_STREAM_NAME: z.string().min(1),
  CLICK_SECRET_ID: z.string().min(1),
  /** Where links may lead, separated by commas; empty where they lead to the shop at once. */
  CLICK_HOSTS: z.string().transform((text) => text.split(',').filter((host) => host !== '')),
  CLICK_DAYS_MAX: z.coerce.number().int().positive(),
});

export const environment = serveEnvironment.parse(process.env);
