import { storeNames } from './store-names.ts';

/** The variables that the template sets; read once, and a missing one stops the function at its start. */
export const environment = storeNames.parse(process.env);
