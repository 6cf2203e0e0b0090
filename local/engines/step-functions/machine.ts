import type { Retrier } from './definition-schema.ts';
import type { Frame, Leave, Value } from './frame.ts';
import type { Json } from './json.ts';

/** A definition after compilation: nothing in it is left to interpret but the order of the states. */
export interface Machine {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
}

export type Resource =
  /** The service integration `arn:aws:states:::lambda:invoke`. */
  | { readonly kind: 'lambda-invoke'; readonly arn: string }
  /** A function's own ARN as the resource: its payload goes in and out bare. */
  | { readonly kind: 'function'; readonly arn: string }
  /** `arn:aws:states:::ecs:runTask.sync`: may stand in a definition, and fails where it is entered. */
  | { readonly kind: 'run-task'; readonly arn: string };

export interface Catcher {
  readonly errorEquals: readonly string[];
  readonly next: string;
  readonly leave: Leave;
}

/** What Task, Parallel and Map share. */
interface Working {
  readonly leave: Leave;
  readonly retry: readonly Retrier[];
  readonly catch: readonly Catcher[];
  readonly next: string | undefined;
}

/** Chooses a state; throws States.NoChoiceMatched where no rule holds and there is no Default. */
export type Choose = (frame: Frame) => Promise<{ readonly next: string; readonly leave: Leave }>;

export type State = { readonly name: string } & (
  | ({
      readonly type: 'Task';
      readonly resource: Resource;
      readonly argumentsOf: Value;
      readonly timeoutSeconds: Value | undefined;
    } & Working)
  | { readonly type: 'Pass'; readonly leave: Leave; readonly next: string | undefined }
  | {
      readonly type: 'Wait';
      readonly wait: { readonly kind: 'seconds' | 'timestamp'; readonly value: Value };
      readonly leave: Leave;
      readonly next: string | undefined;
    }
  | { readonly type: 'Choice'; readonly choose: Choose; readonly targets: readonly string[] }
  | { readonly type: 'Succeed'; readonly leave: Leave }
  | { readonly type: 'Fail'; readonly error: Value; readonly cause: Value }
  | ({
      readonly type: 'Parallel';
      readonly argumentsOf: Value;
      readonly branches: readonly Machine[];
    } & Working)
  | ({
      readonly type: 'Map';
      readonly items: Value;
      /** The input of one iteration; its frame's context carries Map.Item. */
      readonly itemInput: (frame: Frame, item: Json) => Promise<Json>;
      readonly maxConcurrency: Value;
      readonly processor: Processor;
      /** Undefined for an inline Map. */
      readonly distributed: Distributed | undefined;
    } & Working)
);

/** What a Map runs per item: as a part of its execution, or as an execution of its own. */
export interface Processor extends Machine {
  /** Undefined for an inline one. */
  readonly executionType: 'STANDARD' | 'EXPRESS' | undefined;
}

export type MapState = Extract<State, { type: 'Map' }>;

/** What a distributed Map has more than an inline one. */
export interface Distributed {
  /** Stands for the Map in the names of its run and its children. */
  readonly label: string;
  readonly executionType: 'STANDARD' | 'EXPRESS';
  readonly reader: ItemReader | undefined;
  /** Undefined where each child gets one item, bare. */
  readonly batchItemsMax: Value | undefined;
  readonly batchInput: Value | undefined;
  readonly toleratedCount: Value | undefined;
  readonly toleratedPercentage: Value | undefined;
  /** Bucket and Prefix of the ResultWriter. */
  readonly writerArguments: Value | undefined;
}

export interface ItemReader {
  readonly kind: 'JSON' | 'JSONL' | 'listing';
  readonly argumentsOf: Value;
  readonly itemsMax: Value | undefined;
}
