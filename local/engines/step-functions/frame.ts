import type { Json, JsonObject } from './json.ts';

/** What an expression of a state can see when it is evaluated. */
export interface Frame {
  /** The state's raw input: `$states.input`, or `$` in JSONPath. */
  readonly input: Json;
  /** The context object: `$states.context`, or `$$`. */
  readonly context: JsonObject;
  readonly variables: Readonly<Record<string, Json>>;
  /** The result of the state's work: `$states.result`. */
  readonly result?: Json;
  /** What was caught: `$states.errorOutput`. */
  readonly errorOutput?: Json;
}

/** A compiled expression, path or template. */
export type Value = (frame: Frame) => Promise<Json>;

/** What leaves a state: its output and the variables as its Assign leaves them. */
export interface Leaving {
  readonly output: Json;
  readonly variables: Readonly<Record<string, Json>>;
}

export type Leave = (frame: Frame) => Promise<Leaving>;
