// SPDX-License-Identifier: Apache-2.0
//
// node elbv2.js ENDPOINT TARGET_PORT CERTIFICATE.pem KEY.pem OTHER.pem OTHER.key
// Makes, changes and removes a whole stack with AWS's own SDK, every action of
// the model at least once.  Prints what sdk.js saw.
'use strict';

const fs = require('fs');
const http = require('http');
const elb = require('@aws-sdk/client-elastic-load-balancing-v2');

const [endpoint, port, certificate, key, other, otherKey] = process.argv.slice(2);
const client = new elb.ElasticLoadBalancingV2Client({
  endpoint, region: 'eu-west-1', maxAttempts: 1,
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
});

const { call, refused, same, finish } = require('./sdk.js')(elb, client);

const attribute = (answer, name) => answer.Attributes.find((a) => a.Key === name)?.Value;

function fetched(url) {
  return new Promise((resolve, reject) => {
    http.get(url, (answer) => {
      let text = '';
      answer.on('data', (d) => { text += d; });
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    }).on('error', reject);
  });
}

// ACM has another SDK: its JSON by hand, signed as dummy clients sign.
function acm(action, input) {
  const body = JSON.stringify(input);
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  return new Promise((resolve, reject) => {
    const request = http.request(endpoint, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `CertificateManager.${action}`,
        'X-Amz-Date': date,
        Authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${date.slice(0, 8)}/eu-west-1/acm/aws4_request, `
          + `SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
      },
    }, (answer) => {
      let text = '';
      answer.on('data', (d) => { text += d; });
      answer.on('end', () => (answer.statusCode === 200 ? resolve(JSON.parse(text))
        : reject(new Error(`${action}: ${answer.statusCode} ${text}`))));
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function imported(chain, secret) {
  const encoded = (file) => fs.readFileSync(file).toString('base64');
  return (await acm('ImportCertificate',
    { Certificate: encoded(chain), PrivateKey: encoded(secret) })).CertificateArn;
}

// ---- the stack ----------------------------------------------------------------------

async function balancers() {
  const made = await call('CreateLoadBalancer', {
    Name: 'sdk', Subnets: ['subnet-aaaa1111', 'subnet-bbbb2222'], Scheme: 'internet-facing',
    SecurityGroups: ['sg-0123456789abcdef0'], Tags: [{ Key: 'a', Value: '1' }],
  });
  const lb = made.LoadBalancers[0].LoadBalancerArn;
  same('State', (await call('DescribeLoadBalancers', { Names: ['sdk'] })).LoadBalancers[0].State.Code, 'active');
  await call('ModifyLoadBalancerAttributes', {
    LoadBalancerArn: lb, Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '77' }],
  });
  same('idle timeout', attribute(await call('DescribeLoadBalancerAttributes', { LoadBalancerArn: lb }),
    'idle_timeout.timeout_seconds'), '77');
  await call('SetSubnets', { LoadBalancerArn: lb, Subnets: ['subnet-aaaa1111', 'subnet-cccc3333'] });
  same('groups', (await call('SetSecurityGroups', { LoadBalancerArn: lb, SecurityGroups: ['sg-1123456789abcdef0'] }))
    .SecurityGroupIds, ['sg-1123456789abcdef0']);
  same('type', (await call('SetIpAddressType', { LoadBalancerArn: lb, IpAddressType: 'dualstack' })).IpAddressType,
    'dualstack');
  same('pool', (await call('ModifyIpPools', { LoadBalancerArn: lb, IpamPools: { Ipv4IpamPoolId: 'ipam-pool-0123456789abcdef0' } }))
    .IpamPools, { Ipv4IpamPoolId: 'ipam-pool-0123456789abcdef0' });
  const none = await call('DescribeCapacityReservation', { LoadBalancerArn: lb });
  same('no capacity', none.MinimumLoadBalancerCapacity, undefined);
  same('capacity', (await call('ModifyCapacityReservation', {
    LoadBalancerArn: lb, MinimumLoadBalancerCapacity: { CapacityUnits: 100 },
  })).MinimumLoadBalancerCapacity, { CapacityUnits: 100 });
  await call('AddTags', { ResourceArns: [lb], Tags: [{ Key: 'b', Value: '2' }] });
  await call('RemoveTags', { ResourceArns: [lb], TagKeys: ['a'] });
  same('tags', (await call('DescribeTags', { ResourceArns: [lb] })).TagDescriptions[0].Tags, [{ Key: 'b', Value: '2' }]);
  await refused('DescribeLoadBalancers', 'LoadBalancerNotFoundException', { Names: ['nobody'] });
  return lb;
}

async function group(name, more = {}) {
  return (await call('CreateTargetGroup', {
    Name: name, Protocol: 'HTTP', Port: 80, VpcId: 'vpc-0123456789abcdef0', TargetType: 'ip', ...more,
  })).TargetGroups[0].TargetGroupArn;
}

async function groups() {
  const blue = await group('sdk-blue');
  const green = await group('sdk-green');
  await call('ModifyTargetGroup', { TargetGroupArn: blue, HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2 });
  await call('ModifyTargetGroupAttributes', {
    TargetGroupArn: blue, Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '0' }],
  });
  same('delay', attribute(await call('DescribeTargetGroupAttributes', { TargetGroupArn: blue }),
    'deregistration_delay.timeout_seconds'), '0');
  await call('RegisterTargets', { TargetGroupArn: blue, Targets: [{ Id: '127.0.0.1', Port: Number(port) }] });
  same('group', (await call('DescribeTargetGroups', { Names: ['sdk-blue'] })).TargetGroups[0].HealthCheckIntervalSeconds, 5);
  return { blue, green };
}

async function listeners(lb, { blue }, certificates) {
  const web = (await call('CreateListener', {
    LoadBalancerArn: lb, Protocol: 'HTTP', Port: 80, DefaultActions: [{ Type: 'forward', TargetGroupArn: blue }],
  })).Listeners[0].ListenerArn;
  const tls = (await call('CreateListener', {
    LoadBalancerArn: lb, Protocol: 'HTTPS', Port: 443, Certificates: [{ CertificateArn: certificates[0] }],
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200', MessageBody: 'tls' } }],
  })).Listeners[0];
  same('policy', tls.SslPolicy, 'ELBSecurityPolicy-2016-08');
  await call('ModifyListener', { ListenerArn: tls.ListenerArn, SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' });
  await call('AddListenerCertificates', { ListenerArn: tls.ListenerArn, Certificates: [{ CertificateArn: certificates[1] }] });
  same('certificates', (await call('DescribeListenerCertificates', { ListenerArn: tls.ListenerArn })).Certificates.length, 2);
  await call('RemoveListenerCertificates', { ListenerArn: tls.ListenerArn, Certificates: [{ CertificateArn: certificates[1] }] });
  await call('ModifyListenerAttributes', {
    ListenerArn: web, Attributes: [{ Key: 'routing.http.response.server.enabled', Value: 'false' }],
  });
  same('server', attribute(await call('DescribeListenerAttributes', { ListenerArn: web }),
    'routing.http.response.server.enabled'), 'false');
  same('listeners', (await call('DescribeListeners', { LoadBalancerArn: lb })).Listeners.length, 2);
  return { web, tls: tls.ListenerArn };
}

async function rules(web, { blue, green }) {
  const create = (Priority, Conditions, Actions, more = {}) => call('CreateRule',
    { ListenerArn: web, Priority, Conditions, Actions, ...more });
  const one = (await create(1, [{ Field: 'path-pattern', Values: ['/one/*'] }], [{
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: [{ TargetGroupArn: blue, Weight: 1 }, { TargetGroupArn: green, Weight: 0 }],
      TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
    },
  }], {
    Transforms: [{ Type: 'url-rewrite', UrlRewriteConfig: { Rewrites: [{ Regex: '^/one/', Replace: '/' }] } }],
  })).Rules[0];
  same('values', one.Conditions[0].PathPatternConfig.Values, ['/one/*']);
  const two = (await create(2, [{ Field: 'host-header', HostHeaderConfig: { RegexValues: ['^x[.]test$'] } }],
    [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_302', Path: '/two' } }])).Rules[0];
  same('keywords', two.Actions[0].RedirectConfig, {
    Protocol: '#{protocol}', Port: '#{port}', Host: '#{host}', Path: '/two', Query: '#{query}', StatusCode: 'HTTP_302',
  });
  await call('SetRulePriorities', {
    RulePriorities: [{ RuleArn: one.RuleArn, Priority: 2 }, { RuleArn: two.RuleArn, Priority: 1 }],
  });
  await call('ModifyRule', { RuleArn: one.RuleArn, ResetTransforms: true });
  same('order', (await call('DescribeRules', { ListenerArn: web })).Rules.map((r) => r.Priority), ['1', '2', 'default']);
  await refused('CreateRule', 'PriorityInUseException', {
    ListenerArn: web, Priority: 1, Conditions: [{ Field: 'path-pattern', Values: ['/x'] }],
    Actions: [{ Type: 'forward', TargetGroupArn: blue }],
  });
  await call('DeleteRule', { RuleArn: two.RuleArn });
}

async function trust(lb, tls) {
  const store = (await call('CreateTrustStore', {
    Name: 'sdk', CaCertificatesBundleS3Bucket: 'trust', CaCertificatesBundleS3Key: 'one.pem',
  })).TrustStores[0].TrustStoreArn;
  await call('ModifyTrustStore', {
    TrustStoreArn: store, CaCertificatesBundleS3Bucket: 'trust', CaCertificatesBundleS3Key: 'two.pem',
  });
  same('authorities', (await call('DescribeTrustStores', { Names: ['sdk'] })).TrustStores[0].NumberOfCaCertificates, 2);
  const added = await call('AddTrustStoreRevocations', {
    TrustStoreArn: store, RevocationContents: [{ S3Bucket: 'trust', S3Key: 'gone.crl', RevocationType: 'CRL' }],
  });
  const { RevocationId } = added.TrustStoreRevocations[0];
  same('revoked', (await call('DescribeTrustStoreRevocations', { TrustStoreArn: store }))
    .TrustStoreRevocations[0].NumberOfRevokedEntries, 1);
  const bundle = await fetched((await call('GetTrustStoreCaCertificatesBundle', { TrustStoreArn: store })).Location);
  same('bundle', [bundle.status, (bundle.text.match(/BEGIN CERTIFICATE/g) || []).length], [200, 2]);
  const list = await fetched((await call('GetTrustStoreRevocationContent', { TrustStoreArn: store, RevocationId })).Location);
  same('list', list.status, 200);
  await call('ModifyListener', { ListenerArn: tls, MutualAuthentication: { Mode: 'verify', TrustStoreArn: store } });
  same('associations', (await call('DescribeTrustStoreAssociations', { TrustStoreArn: store }))
    .TrustStoreAssociations.map((a) => a.ResourceArn), [tls]);
  await refused('DeleteTrustStore', 'TrustStoreInUseException', { TrustStoreArn: store });
  await refused('DeleteSharedTrustStoreAssociation', 'DeleteAssociationSameAccountException',
    { TrustStoreArn: store, ResourceArn: tls });
  await refused('GetResourcePolicy', 'ResourceNotFoundException',
    { ResourceArn: store.replace(/[0-9a-f]{16}$/, '0000000000000000') });
  await call('GetResourcePolicy', { ResourceArn: store });
  await call('ModifyListener', { ListenerArn: tls, MutualAuthentication: { Mode: 'off' } });
  await call('RemoveTrustStoreRevocations', { TrustStoreArn: store, RevocationIds: [RevocationId] });
  await call('DeleteTrustStore', { TrustStoreArn: store });
}

async function end(lb, made, { web, tls }) {
  await elb.waitUntilTargetInService({ client, maxWaitTime: 30, minDelay: 0.1, maxDelay: 0.5 },
    { TargetGroupArn: made.blue });
  same('health', (await call('DescribeTargetHealth', { TargetGroupArn: made.blue, Include: ['All'] }))
    .TargetHealthDescriptions[0].TargetHealth.State, 'healthy');
  await call('DeregisterTargets', { TargetGroupArn: made.blue, Targets: [{ Id: '127.0.0.1', Port: Number(port) }] });
  await refused('DeleteTargetGroup', 'ResourceInUseException', { TargetGroupArn: made.blue });
  await call('DeleteListener', { ListenerArn: tls });
  await call('DeleteListener', { ListenerArn: web });
  await call('DeleteLoadBalancer', { LoadBalancerArn: lb });
  await elb.waitUntilLoadBalancersDeleted({ client, maxWaitTime: 10, minDelay: 0.1, maxDelay: 0.5 },
    { LoadBalancerArns: [lb] });
  await call('DeleteTargetGroup', { TargetGroupArn: made.blue });
  await call('DeleteTargetGroup', { TargetGroupArn: made.green });
}

async function main() {
  const certificates = [await imported(certificate, key), await imported(other, otherKey)];
  const limits = (await call('DescribeAccountLimits')).Limits;
  same('limit', limits.find((l) => l.Name === 'rules-per-application-load-balancer')?.Max, '100');
  same('policies', (await call('DescribeSSLPolicies', { Names: ['ELBSecurityPolicy-2016-08'] })).SslPolicies[0].Name,
    'ELBSecurityPolicy-2016-08');
  const lb = await balancers();
  const made = await groups();
  const both = await listeners(lb, made, certificates);
  await rules(both.web, made);
  await trust(lb, both.tls);
  await end(lb, made, both);
}

finish(main);
