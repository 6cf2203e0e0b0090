/** One thing that happened, for the person who watches. */
export interface LogLine {
  readonly source: 'api' | 'function' | 'stream' | 'lake' | 'workflow' | 'alarm' | 'cloud';
  readonly text: string;
}
