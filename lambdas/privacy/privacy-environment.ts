import * as z from 'zod';
import type { DataBucket } from '../../core/privacy/areas.ts';

const name = z.string().min(1);

/** Settings by the function's environment variable; each function has those that it uses. */
export function setting(variable: string): string {
  return name.parse(process.env[variable], { error: () => `${variable} is not set` });
}

export function dataBuckets(): Readonly<Record<DataBucket, string>> {
  return {
    lake: setting('LAKE_BUCKET'),
    quarantine: setting('QUARANTINE_BUCKET'),
    failures: setting('FAILURES_BUCKET'),
    drop: setting('DROP_BUCKET'),
  };
}
