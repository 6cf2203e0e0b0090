/**
 * Each contract suite drives one AWS SDK client. It starts the local engine, unless
 * KINDRED_CONTRACT_<SERVICE>_ENDPOINT names another emulator (or AWS) to hold to the same contract:
 *
 *   KINDRED_CONTRACT_DYNAMODB_ENDPOINT=http://127.0.0.1:4566 npx vitest run test/contract/dynamodb.test.ts
 *
 * Tests of what only the local engine has (faults, direct calls) are left out there.
 */
export function foreignEndpoint(service: string): string | undefined {
  return process.env[`KINDRED_CONTRACT_${service.toUpperCase()}_ENDPOINT`];
}

export const clientDefaults = {
  region: process.env.AWS_REGION ?? 'eu-west-1',
  credentials: {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? 'test',
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? 'test',
  },
};
