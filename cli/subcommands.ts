import type { Command } from 'commander';

/**
 * The subcommands in the order of the help, each a file of its own beside this one. They are imported by name,
 * when they are asked for: all of them, with the SDK, DuckDB and the local cloud, take over a second.
 */
export const subcommands: ReadonlyMap<string, () => Promise<Command>> = new Map(
  Object.entries({
    start: async () => (await import('./start.ts')).startCommand(),
    demo: async () => (await import('./demo.ts')).demoCommand(),
    import: async () => (await import('./import.ts')).importCommand(),
    drop: async () => (await import('./drop.ts')).dropCommand(),
    audit: async () => (await import('./audit.ts')).auditCommand(),
    tail: async () => (await import('./tail.ts')).tailCommand(),
    train: async () => (await import('./train.ts')).trainCommand(),
    model: async () => (await import('./model.ts')).modelCommand(),
    evaluate: async () => (await import('./evaluate.ts')).evaluateCommand(),
    export: async () => (await import('./export.ts')).exportCommand(),
    preview: async () => (await import('./preview.ts')).previewCommand(),
    pull: async () => (await import('./pull.ts')).pullCommand(),
    quarantine: async () => (await import('./quarantine.ts')).quarantineCommand(),
    replay: async () => (await import('./replay.ts')).replayCommand(),
    reset: async () => (await import('./reset.ts')).resetCommand(),
    customer: async () => (await import('./customer.ts')).customerCommand(),
    config: async () => (await import('./config.ts')).configCommand(),
    source: async () => (await import('./source.ts')).sourceCommand(),
    token: async () => (await import('./token.ts')).tokenCommand(),
  }),
);
