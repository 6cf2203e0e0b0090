import * as z from 'zod';

const name = z.string().min(1);

/** What the function's environment must say. */
export const enrichSettings = z.object({
  PROFILES_TABLE: name,
  IDENTITIES_TABLE: name,
  DEDUPE_TABLE: name,
  CATALOGUE_TABLE: name,
  FAILURES_BUCKET: name,
  INSPECTOR_TABLE: name,
  CONFIG_TABLE: name,
  PROFILE_RETENTION_DAYS: z.coerce.number().int().positive(),
});
