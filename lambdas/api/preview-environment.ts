import * as z from 'zod';

/** The variables that the template sets; read once, and a missing one stops the function at its start. */
export const environment = z
  .object({
    PROFILES_TABLE: z.string().min(1),
    IDENTITIES_TABLE: z.string().min(1),
    CATALOGUE_TABLE: z.string().min(1),
    CONFIG_TABLE: z.string().min(1),
    MODELS_BUCKET: z.string().min(1),
    IDENTITY_SECRET_ID: z.string().min(1),
  })
  .parse(process.env);
