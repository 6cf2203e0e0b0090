import * as z from 'zod';

/**
 * Training as a container's command, for snapshots that a function does not hold: the function's own code with more
 * memory and no fifteen minutes. It takes the run from TRAINING_RUN, and leaves what the function would have answered
 * beside the candidate, where the next state reads it.
 */
const environment = z
  .object({
    TRAINING_RUN: z.string().min(1),
    TASK_RUN_ID: z.string().regex(/^[\w-]{1,80}$/),
    /** Set by ECS: where the task's role is to be had, from the task's own network alone. */
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: z.string().startsWith('/').optional(),
  })
  .parse(process.env);

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html */
const CREDENTIALS_HOST = 'http://169.254.170.2';

const credentials = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string(),
});

/** Bundles take credentials from the environment; the task's last six hours, longer than any training. */
async function takeCredentials(path: string): Promise<void> {
  const answer = await fetch(`${CREDENTIALS_HOST}${path}`);
  const { AccessKeyId, SecretAccessKey, Token } = credentials.parse(await answer.json());
  process.env.AWS_ACCESS_KEY_ID = AccessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = SecretAccessKey;
  process.env.AWS_SESSION_TOKEN = Token;
}

const path = environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
if (path !== undefined) await takeCredentials(path);
// Their clients read the environment when they are loaded.
const { handler } = await import('./train.ts');
const { noteTaskCandidate } = await import('./task-candidate.ts');
const trained = await handler(JSON.parse(environment.TRAINING_RUN));
await noteTaskCandidate(environment.TASK_RUN_ID, trained);
process.exit(0);
