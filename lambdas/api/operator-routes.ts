import {
  eraseCustomerRoute,
  exportCustomerRoute,
  showCustomerRoute,
} from './operator-customers.ts';
import { certificateRoute, resumeErasureRoute, showErasureRoute } from './operator-erasures.ts';
import {
  experimentResultsRoute,
  listExperimentsRoute,
  putExperimentRoute,
  showExperimentRoute,
} from './operator-experiments.ts';
import { showExportRoute } from './operator-exports.ts';
import { listModelsRoute, rollbackModelRoute, showModelRoute } from './operator-models.ts';
import {
  listPlacementsRoute,
  putPlacementRoute,
  showPlacementRoute,
} from './operator-placements.ts';
import { listQualityReports, showQualityReport } from './operator-quality.ts';
import { listQuarantine } from './operator-quarantine.ts';
import {
  showRecommendationExportRoute,
  startRecommendationExportRoute,
} from './operator-recommendation-exports.ts';
import { resumeReplayRoute, showReplayRoute, startReplayRoute } from './operator-replays.ts';
import type { OperatorRoute } from './operator-route.ts';
import { sourceEventsRoute } from './operator-source-events.ts';
import { listTemplatesRoute, putTemplateRoute, showTemplateRoute } from './operator-templates.ts';

/** Every route of the operators' API; the template makes a resource of each. */
export const operatorRoutes: readonly OperatorRoute[] = [
  listQuarantine,
  startReplayRoute,
  showReplayRoute,
  resumeReplayRoute,
  sourceEventsRoute,
  listQualityReports,
  showQualityReport,
  showCustomerRoute,
  eraseCustomerRoute,
  exportCustomerRoute,
  showExportRoute,
  showErasureRoute,
  resumeErasureRoute,
  certificateRoute,
  listExperimentsRoute,
  showExperimentRoute,
  putExperimentRoute,
  experimentResultsRoute,
  listModelsRoute,
  showModelRoute,
  rollbackModelRoute,
  startRecommendationExportRoute,
  showRecommendationExportRoute,
  listPlacementsRoute,
  showPlacementRoute,
  putPlacementRoute,
  listTemplatesRoute,
  showTemplateRoute,
  putTemplateRoute,
];
