import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Stands in every bundle for the SDK's default chain of credential providers: Lambda gives a function
 * its role's credentials in the environment and nowhere else. The rest of the chain (profiles, SSO,
 * STS, instance metadata) would be a seventh of the bundle and of its import.
 */
export const defaultProvider = fromEnv;
