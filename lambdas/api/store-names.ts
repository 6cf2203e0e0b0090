import * as z from 'zod';

/** Where everything lies that a recommendation is made from: variables of each function that makes any. */
export const storeNames = z.object({
  PROFILES_TABLE: z.string().min(1),
  IDENTITIES_TABLE: z.string().min(1),
  CATALOGUE_TABLE: z.string().min(1),
  CONFIG_TABLE: z.string().min(1),
  MODELS_BUCKET: z.string().min(1),
  IDENTITY_SECRET_ID: z.string().min(1),
});
