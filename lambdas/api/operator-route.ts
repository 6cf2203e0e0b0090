import type { OperatorServices } from './operator-services.ts';

/** A request of an operator: a person or a program with AWS credentials, IAM-signed. */
export interface OperatorRequest {
  /** Values of the path's parameters, e.g. `{ sourceId: 'web-shop' }`. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The body as JSON; undefined where there is none. */
  readonly body: unknown;
  /** Who asks: the IAM principal's ARN, as API Gateway has found it. */
  readonly principal: string;
}

/** A JSON answer; a refusal is thrown as a Problem. */
export interface OperatorAnswer {
  readonly status: number;
  readonly body: object;
  /** An HTML page instead of the body. */
  readonly page?: string;
}

/** One route of the operators' API; a route is a file, listed in operator-routes.ts. */
export interface OperatorRoute<Services = OperatorServices> {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Below `/v1`, as API Gateway writes it, e.g. `/sources/{sourceId}/events`. */
  readonly resource: string;
  readonly handle: (request: OperatorRequest, services: Services) => Promise<OperatorAnswer>;
}
