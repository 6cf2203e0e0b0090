import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { EnvironmentName } from '../environments.ts';
import type { Watched } from './alarm-terms.ts';
import type { RaisedAlarm } from './alarms.ts';

export interface DashboardProps {
  readonly environmentName: EnvironmentName;
  readonly alarms: readonly RaisedAlarm[];
  readonly watched: Watched;
}

/** CloudWatch's grid is 24 wide: three graphs a row. */
const GRID_WIDTH = 24;
const GRAPHS_PER_ROW = 3;
const GRAPH_HEIGHT = 6;

/** One graph an alarm, with its threshold drawn in, below the state of all of them. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const graphs = props.alarms.map((raised) => graph(raised, props.watched));
    const status = new AlarmStatusWidget({
      title: 'Alarms',
      width: GRID_WIDTH,
      alarms: props.alarms.map(({ alarm }) => alarm),
    });
    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: `Kindred-${props.environmentName}`,
      widgets: [[status], ...rowsOf(graphs)],
    });
  }
}

function graph({ entry, alarm }: RaisedAlarm, watched: Watched): IWidget {
  return new GraphWidget({
    title: entry.title,
    width: GRID_WIDTH / GRAPHS_PER_ROW,
    height: GRAPH_HEIGHT,
    left: [entry.metric(watched)],
    leftAnnotations: [alarm.toAnnotation()],
    leftYAxis: { min: 0, showUnits: false },
  });
}

function rowsOf(widgets: readonly IWidget[]): IWidget[][] {
  const rows: IWidget[][] = [];
  for (let start = 0; start < widgets.length; start += GRAPHS_PER_ROW) {
    rows.push(widgets.slice(start, start + GRAPHS_PER_ROW));
  }
  return rows;
}
