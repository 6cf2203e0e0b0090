/**
 * Stands in every bundle for the SDK's endpoint discovery, which DynamoDB's client still configures and
 * none of its commands uses; it would bring a cache library of its own.
 */
export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;

export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
};
