// SPDX-License-Identifier: Apache-2.0
//
// node cloudwatch_alarms.js ENDPOINT
// Calls CloudWatch's actions on alarms with AWS's own SDK, as it comes: CBOR.
// Prints what sdk.js saw.
'use strict';

const cloudwatch = require('@aws-sdk/client-cloudwatch');

const client = new cloudwatch.CloudWatchClient({
  endpoint: process.argv[2], region: 'us-east-1', maxAttempts: 1,
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
});
const { call, refused, same, finish } = require('./sdk.js')(cloudwatch, client);

const ARN = 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:';
const METRIC = {
  Namespace: 'Shop', MetricName: 'Errors', Dimensions: [{ Name: 'host', Value: 'a' }],
};
const TERMS = {
  ...METRIC, Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 2.5,
  ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'ignore',
};
const minute = new Date(Math.floor(Date.now() / 60000) * 60000 - 60000);

async function main() {
  await call('PutMetricData', {
    Namespace: 'Shop',
    MetricData: [{ ...METRIC, Namespace: undefined, Value: 3, Timestamp: minute }],
  });
  await call('PutMetricAlarm', {
    ...TERMS, AlarmName: 'errors', DatapointsToAlarm: 1, Tags: [{ Key: 'a', Value: 'b' }],
    AlarmActions: ['arn:aws:sns:us-east-1:000000000000:pager'],
  });
  await call('PutMetricAlarm', {
    AlarmName: 'rate', EvaluationPeriods: 1, Threshold: 100,
    ComparisonOperator: 'LessThanThreshold', Metrics: [
      { Id: 'e1', Expression: 'm1 * 10' },
      {
        Id: 'm1', ReturnData: false,
        MetricStat: { Metric: METRIC, Period: 60, Stat: 'p99' },
      }],
  });
  await call('PutCompositeAlarm', {
    AlarmName: 'both', AlarmRule: 'ALARM(errors) AND ALARM("rate")',
    ActionsSuppressor: 'rate', ActionsSuppressorWaitPeriod: 1,
    ActionsSuppressorExtensionPeriod: 1,
  });
  const all = await call('DescribeAlarms', { AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] });
  same('states', all.MetricAlarms.map((a) => [a.AlarmName, a.StateValue]),
    [['errors', 'ALARM'], ['rate', 'ALARM']]);
  same('composite', all.CompositeAlarms.map((a) => a.StateValue), ['ALARM']);
  same('threshold', all.MetricAlarms[0].Threshold, 2.5);
  same('queries', all.MetricAlarms[1].Metrics.map((q) => q.ReturnData), [true, false]);
  same('of one metric', (await call('DescribeAlarmsForMetric', METRIC)).MetricAlarms
    .map((a) => a.AlarmName), ['errors', 'rate']);

  await call('SetAlarmState', { AlarmName: 'errors', StateValue: 'OK', StateReason: 'a drill' });
  const history = await call('DescribeAlarmHistory', { AlarmName: 'errors', MaxRecords: 2 });
  same('history', history.AlarmHistoryItems.map((i) => i.HistorySummary)[0],
    'Alarm updated from ALARM to OK');
  const more = await call('DescribeAlarmHistory', {
    AlarmName: 'errors', MaxRecords: 2, NextToken: history.NextToken,
  });
  same('more of it', more.AlarmHistoryItems.length, 2);
  await call('DisableAlarmActions', { AlarmNames: ['errors'] });
  same('disabled', (await call('DescribeAlarms', { AlarmNames: ['errors'] }))
    .MetricAlarms[0].ActionsEnabled, false);
  await call('EnableAlarmActions', { AlarmNames: ['errors'] });

  const ResourceARN = `${ARN}errors`;
  await call('TagResource', { ResourceARN, Tags: [{ Key: 'c', Value: 'd' }] });
  await call('UntagResource', { ResourceARN, TagKeys: ['a'] });
  same('tags', (await call('ListTagsForResource', { ResourceARN })).Tags,
    [{ Key: 'c', Value: 'd' }]);
  await refused('ListTagsForResource', 'ResourceNotFoundException', { ResourceARN: `${ARN}x` });
  await refused('DescribeAlarms', 'InvalidNextToken', { NextToken: 'x' });
  await refused('SetAlarmState', 'ResourceNotFound', {
    AlarmName: 'x', StateValue: 'OK', StateReason: '',
  });
  await refused('SetAlarmState', 'InvalidFormatFault', {
    AlarmName: 'errors', StateValue: 'OK', StateReason: '', StateReasonData: '{',
  });
  await refused('DeleteAlarms', 'ResourceNotFound', { AlarmNames: ['x'] });
  await call('DeleteAlarms', { AlarmNames: ['both', 'rate', 'errors'] });
}

finish(main);
