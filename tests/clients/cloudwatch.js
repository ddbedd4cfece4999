// SPDX-License-Identifier: Apache-2.0
//
// node cloudwatch.js ENDPOINT PROTOCOL
// Puts custom metrics and reads them with AWS's own SDK, in the protocol that it
// speaks by itself ("default"), or AwsJson1_0, AwsSmithyRpcV2Cbor, AwsQuery.
// Prints what sdk.js saw.
'use strict';

const cloudwatch = require('@aws-sdk/client-cloudwatch');
const protocols = require('@aws-sdk/core/protocols');

const [endpoint, protocol] = process.argv.slice(2);
const client = new cloudwatch.CloudWatchClient({
  endpoint, region: 'us-east-1', maxAttempts: 1,
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  // With CBOR this version says the length that a body had before it compressed it.
  disableRequestCompression: protocol === 'AwsSmithyRpcV2Cbor',
  ...(protocol === 'default' ? {} : { protocol: protocols[`${protocol}Protocol`] }),
});
const { call, refused, same, finish } = require('./sdk.js')(cloudwatch, client);

const Namespace = `Own/${protocol}`;
const MetricName = 'Latency';
const Dimensions = [{ Name: 'Service', Value: 'web <&> \u00fc' }];
const minute = (n) => new Date(Math.floor(Date.now() / 60000) * 60000 - n * 60000);
const seconds = (dates) => dates.map((d) => d.getTime() / 1000);

async function put() {
  await call('PutMetricData', {
    Namespace,
    MetricData: [
      { MetricName, Dimensions, Timestamp: minute(5), Values: [0.25, 4, 1e-3], Counts: [2, 1, 1], Unit: 'Seconds' },
      { MetricName, Dimensions, Timestamp: minute(3), Value: 7, Unit: 'Seconds' },
      { MetricName: 'Errors', Timestamp: minute(3), StatisticValues: { SampleCount: 4, Sum: 2, Minimum: 0, Maximum: 1 }, Unit: 'Count' },
    ],
  });
  // Long enough that the SDK compresses it.
  await call('PutMetricData', {
    Namespace: `${Namespace}/many`,
    MetricData: Array.from({ length: 300 }, (_, i) => ({ MetricName: `m${i}`, Timestamp: minute(2), Value: i })),
  });
}

async function list() {
  const { Metrics } = await call('ListMetrics', { Namespace });
  same('names', Metrics.map((m) => m.MetricName), ['Latency', 'Errors']);
  same('dimensions', Metrics[0].Dimensions, Dimensions);
  const many = await call('ListMetrics', { Namespace: `${Namespace}/many` });
  same('many', many.Metrics.length, 300);
}

async function statistics() {
  const input = {
    Namespace, MetricName, Dimensions, StartTime: minute(10), EndTime: minute(0), Period: 60,
    Statistics: ['Sum', 'Average', 'SampleCount', 'Minimum', 'Maximum'], ExtendedStatistics: ['p50', 'p100'],
  };
  const answer = await call('GetMetricStatistics', input);
  const [a, b] = answer.Datapoints;
  same('label', answer.Label, MetricName);
  same('times', seconds([a.Timestamp, b.Timestamp]), seconds([minute(5), minute(3)]));
  same('first', [a.Sum, a.Average, a.SampleCount, a.Minimum, a.Maximum, a.Unit], [4.501, 1.12525, 4, 0.001, 4, 'Seconds']);
  same('percentiles', a.ExtendedStatistics, { p50: 0.25, p100: 4 });
  same('second', [b.Sum, b.SampleCount], [7, 1]);
  await refused('GetMetricStatistics', 'InvalidParameterCombinationException', { ...input, EndTime: minute(-1440) });
  await refused('GetMetricStatistics', 'InvalidParameterValueException', { ...input, Period: 7 });
  await refused('PutMetricData', 'InvalidParameterValueException', { Namespace: 'AWS/X', MetricData: [{ MetricName, Value: 1 }] });
  await refused('PutMetricData', 'MissingRequiredParameterException', { Namespace });
}

async function data() {
  const Metric = { Namespace, MetricName, Dimensions };
  const input = {
    StartTime: minute(6), EndTime: minute(0), ScanBy: 'TimestampAscending',
    MetricDataQueries: [
      { Id: 'e1', Expression: 'FILL(m1, 0) * 2', Label: '${MAX} of ${LABEL}' },
      { Id: 'm1', MetricStat: { Metric, Period: 60, Stat: 'Sum', Unit: 'Seconds' } },
      { Id: 'none', MetricStat: { Metric: { Namespace, MetricName: 'Nothing' }, Period: 60, Stat: 'p99' }, ReturnData: true },
    ],
  };
  const [e1, m1, none] = (await call('GetMetricData', input)).MetricDataResults;
  same('expression', e1.Values, [0, 9.002, 0, 14, 0, 0]);
  same('label', e1.Label, '14 of e1');
  same('metric', [m1.Id, m1.StatusCode, m1.Values], ['m1', 'Complete', [4.501, 7]]);
  same('times', seconds(m1.Timestamps), seconds([minute(5), minute(3)]));
  same('none', [none.Values, none.Timestamps], [[], []]);
  const values = [];
  const pages = cloudwatch.paginateGetMetricData({ client, pageSize: 4 }, { ...input, MaxDatapoints: 4 });
  for await (const page of pages) {
    for (const result of page.MetricDataResults) values.push(...(result.Values || []));
  }
  same('pages', values, [0, 9.002, 0, 14, 0, 0, 4.501, 7]);
  await refused('GetMetricData', 'InvalidNextToken', { ...input, NextToken: 'no token' });
}

finish(async () => {
  await put();
  await list();
  await statistics();
  await data();
});
