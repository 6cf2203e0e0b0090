/** Of work that nobody waits for: it is in no hurry, but every request ends, or a hung one would cost a whole step. */
export const PATIENCE = { attemptsMax: 5, connectMsMax: 3_000, attemptMsMax: 60_000 } as const;
