/** Errors whose names the state machine and the command line know. */

/** The data is not fit to train on. Nothing was published; the current model stays. */
export class SnapshotRejected extends Error {
  override readonly name = 'SnapshotRejected';

  constructor(snapshotId: string, reasons: readonly string[]) {
    super(`snapshot ${snapshotId} was rejected: ${reasons.join('; ')}`);
  }
}

/** The nightly audit found what nothing may be built on. Nothing was published; the current model stays. */
export class AuditStops extends Error {
  override readonly name = 'AuditStops';
}

/** Something that an earlier step wrote cannot be read back as it was written. */
export class ArtefactDamaged extends Error {
  override readonly name = 'ArtefactDamaged';
}

/** Another model was published, or a rollback made, while this candidate was judged. */
export class PointerMoved extends Error {
  override readonly name = 'PointerMoved';
}
