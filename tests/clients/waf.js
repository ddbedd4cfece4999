// SPDX-License-Identifier: Apache-2.0
//
// node waf.js ENDPOINT LOAD_BALANCER_ARN HTTP_PORT
// Calls every action of wafv2 with AWS's own SDK: what it answers, and how it
// fails.  HTTP_PORT is of a listener of the load balancer.  Prints what sdk.js
// saw.
'use strict';

const http = require('http');
const waf = require('@aws-sdk/client-wafv2');

const [endpoint, balancer, port] = process.argv.slice(2);
const client = new waf.WAFV2Client({
  endpoint, region: 'us-east-1', maxAttempts: 1,
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
});
const { call, refused, same, finish } = require('./sdk.js')(waf, client);

const Scope = 'REGIONAL';
const NOWHERE = '11111111-2222-4333-8444-555555555555';
const GONE = 'WAFNonexistentItemException';
const INVALID = 'WAFInvalidParameterException';
const STALE = 'WAFOptimisticLockException';
const USED = 'WAFAssociatedItemException';
const SHAPE = 'ValidationException';
const LIMIT = 'WAFLimitsExceededException';

const bytes = (text) => new TextEncoder().encode(text);
const visibility = (MetricName) => ({
  SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName,
});
const NONE = [{ Priority: 0, Type: 'NONE' }];
const path = (text, PositionalConstraint = 'STARTS_WITH') => ({
  ByteMatchStatement: {
    SearchString: bytes(text), FieldToMatch: { UriPath: {} }, PositionalConstraint, TextTransformations: NONE,
  },
});
const rule = (Name, Priority, Statement, more = { Action: { Block: {} } }) => ({
  Name, Priority, Statement, VisibilityConfig: visibility(Name), ...more,
});
const elsewhere = (arn) => arn.replace(/[^/]*$/, NOWHERE);

function status(target) {
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, path: target, agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    }).on('error', reject);
  });
}

async function until(what, is) {
  for (let i = 0; i < 400; i += 1) {
    const found = await is();
    if (found) return found;
    await new Promise((resolve) => { setTimeout(resolve, 25); });
  }
  throw new Error(`${what} did not come`);
}

// ---- what each kind of resource has --------------------------------------------------

// Makes one, reads, lists, changes, and fails as often as that can fail:
// {id, token, ARN}; `kind` "IPSet", `list` "ListIPSets".
async function resource(kind, list, Name, given, changed) {
  const Summary = (await call(`Create${kind}`, {
    Name, Scope, Description: 'the first one', Tags: [{ Key: 'a', Value: '1' }], ...given,
  })).Summary;
  const key = { Name, Scope, Id: Summary.Id };
  await refused(`Create${kind}`, 'WAFDuplicateItemException', { Name, Scope, ...given });
  await refused(`Create${kind}`, SHAPE, { Name: 'a b', Scope, ...given });
  await refused(`Create${kind}`, INVALID, { Name: 'tagged', Scope, Tags: [{ Key: 'aws:x', Value: '' }], ...given },
    { Field: 'TAG_KEYS', Parameter: 'aws:x' });
  const got = await call(`Get${kind}`, key);
  same(`${kind} token`, got.LockToken, Summary.LockToken);
  same(`${kind} description`, got[kind].Description, 'the first one');
  for (const [k, v] of Object.entries(given)) same(`${kind} ${k}`, got[kind][k], v);
  await refused(`Get${kind}`, GONE, { ...key, Id: NOWHERE });
  const listed = (await call(list, { Scope }))[list.slice('List'.length)];
  same(`${list}`, listed.filter((s) => s.Name === Name), [Summary]);
  await refused(list, SHAPE, { Scope: 'NOWHERE' });
  await refused(list, SHAPE, { Scope, NextMarker: 'no marker' });

  const update = { ...key, LockToken: Summary.LockToken, ...changed };
  const LockToken = (await call(`Update${kind}`, update)).NextLockToken;
  await refused(`Update${kind}`, STALE, update);
  await refused(`Update${kind}`, GONE, { ...update, Id: NOWHERE });
  await refused(`Delete${kind}`, STALE, { ...key, LockToken: Summary.LockToken });
  await refused(`Delete${kind}`, GONE, { ...key, Id: NOWHERE, LockToken });
  const after = await call(`Get${kind}`, key);
  same(`${kind} description after`, after[kind].Description, undefined);
  for (const [k, v] of Object.entries(changed)) same(`${kind} ${k} after`, after[kind][k], v);
  return { key, LockToken, ARN: Summary.ARN };
}

const remove = (kind, { key, LockToken }) => call(`Delete${kind}`, { ...key, LockToken });

async function sets() {
  const addresses = await resource('IPSet', 'ListIPSets', 'addresses',
    { IPAddressVersion: 'IPV4', Addresses: ['192.0.2.0/24', '198.51.100.7/32'] }, { Addresses: ['192.0.2.0/25'] });
  await refused('CreateIPSet', INVALID, {
    Name: 'wrong', Scope, IPAddressVersion: 'IPV4', Addresses: ['2001:db8::/32'],
  }, { Field: 'IP_ADDRESS', Parameter: '2001:db8::/32' });
  await refused('CreateIPSet', LIMIT, {
    Name: 'many', Scope, IPAddressVersion: 'IPV4',
    Addresses: Array.from({ length: 10001 }, (_, i) => `10.${Math.floor(i / 256)}.${i % 256}.0/24`),
  });
  await refused('UpdateIPSet', INVALID, { ...addresses.key, LockToken: addresses.LockToken, Addresses: ['0.0.0.0/0'] },
    { Field: 'IP_ADDRESS' });
  const patterns = await resource('RegexPatternSet', 'ListRegexPatternSets', 'patterns',
    { RegularExpressionList: [{ RegexString: '^a+$' }, { RegexString: 'b{2,3}' }] },
    { RegularExpressionList: [{ RegexString: '^/old' }] });
  await refused('CreateRegexPatternSet', INVALID, {
    Name: 'wrong', Scope, RegularExpressionList: [{ RegexString: '(a)\\1' }],
  }, { Field: 'REGEX_PATTERN_SET' });
  await refused('CreateRegexPatternSet', LIMIT, {
    Name: 'many', Scope, RegularExpressionList: Array.from({ length: 11 }, (_, i) => ({ RegexString: `a${i}` })),
  });
  await refused('UpdateRegexPatternSet', INVALID, {
    ...patterns.key, LockToken: patterns.LockToken, RegularExpressionList: [{ RegexString: '(' }],
  });
  return { addresses, patterns };
}

async function groups({ addresses }) {
  const given = { Capacity: 20, VisibilityConfig: visibility('group') };
  const Rules = [rule('address', 1, { IPSetReferenceStatement: { ARN: addresses.ARN } })];
  const group = await resource('RuleGroup', 'ListRuleGroups', 'group', given,
    { Rules, VisibilityConfig: visibility('other') });
  same('group by ARN', (await call('GetRuleGroup', { ARN: group.ARN })).RuleGroup.Rules, Rules);
  await refused('CreateRuleGroup', LIMIT, {
    ...given, Name: 'small', Scope, Capacity: 1, Rules: [rule('a', 1, path('/a'))],
  });
  await refused('UpdateRuleGroup', INVALID, {
    ...group.key, LockToken: group.LockToken, VisibilityConfig: visibility('g'), Rules: [rule('a', 1, {})],
  });
  await refused('UpdateRuleGroup', GONE, {
    ...group.key, LockToken: group.LockToken, VisibilityConfig: visibility('g'),
    Rules: [rule('a', 1, { IPSetReferenceStatement: { ARN: elsewhere(addresses.ARN) } })],
  });
  await refused('DeleteIPSet', USED, { ...addresses.key, LockToken: addresses.LockToken });
  return group;
}

// ---- web ACLs --------------------------------------------------------------------------

const aclRules = (group, patterns) => [
  rule('evil', 0, path('/evil')),
  rule('old', 1, { RegexPatternSetReferenceStatement: { ARN: patterns.ARN, FieldToMatch: { UriPath: {} }, TextTransformations: NONE } },
    { Action: { Count: {} }, RuleLabels: [{ Name: 'old' }] }),
  rule('nested', 2, {
    AndStatement: {
      Statements: [
        { OrStatement: { Statements: [{ LabelMatchStatement: { Scope: 'LABEL', Key: 'old' } }, path('/x')] } },
        { NotStatement: { Statement: { GeoMatchStatement: { CountryCodes: ['AQ'] } } } },
      ],
    },
  }, { Action: { Captcha: {} }, CaptchaConfig: { ImmunityTimeProperty: { ImmunityTime: 60 } } }),
  rule('rate', 3, { RateBasedStatement: { Limit: 100, EvaluationWindowSec: 60, AggregateKeyType: 'IP', ScopeDownStatement: path('/login') } }),
  rule('keys', 4, { RateBasedStatement: { Limit: 100, EvaluationWindowSec: 300, AggregateKeyType: 'CUSTOM_KEYS', CustomKeys: [{ HTTPMethod: {} }, { IP: {} }] } }),
  rule('group', 5, { RuleGroupReferenceStatement: { ARN: group.ARN } }, { OverrideAction: { None: {} } }),
  rule('sql', 6, { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesSQLiRuleSet', ScopeDownStatement: path('/sql') } },
    { OverrideAction: { Count: {} } }),
];

async function acls(group, { patterns }) {
  const given = {
    DefaultAction: { Block: { CustomResponse: { ResponseCode: 404, CustomResponseBodyKey: 'no', ResponseHeaders: [{ Name: 'X-No', Value: '1' }] } } },
    CustomResponseBodies: { no: { ContentType: 'TEXT_PLAIN', Content: 'no' } }, VisibilityConfig: visibility('acl'),
  };
  const Rules = aclRules(group, patterns);
  const changed = {
    DefaultAction: { Allow: { CustomRequestHandling: { InsertHeaders: [{ Name: 'x', Value: 'y' }] } } },
    VisibilityConfig: visibility('acl'), Rules, TokenDomains: ['shop.example'],
    ChallengeConfig: { ImmunityTimeProperty: { ImmunityTime: 600 } },
    DataProtectionConfig: {
      DataProtections: [{
        Field: { FieldType: 'SINGLE_HEADER', FieldKeys: ['cookie'] }, Action: 'HASH', ExcludeRuleMatchDetails: true, ExcludeRateBasedDetails: false,
      }],
    },
    OnSourceDDoSProtectionConfig: { ALBLowReputationMode: 'ALWAYS_ON' },
  };
  const acl = await resource('WebACL', 'ListWebACLs', 'acl', given, changed);
  same('acl by ARN', (await call('GetWebACL', { ARN: acl.ARN })).LockToken, acl.LockToken);
  same('capacity', (await call('GetWebACL', acl.key)).WebACL.Capacity, (await call('CheckCapacity', { Scope, Rules })).Capacity);
  await refused('CheckCapacity', INVALID, { Scope, Rules: [rule('a', 0, { GeoMatchStatement: { CountryCodes: ['ZZ'] } })] });
  await refused('CheckCapacity', GONE, { Scope, Rules: [rule('a', 0, { IPSetReferenceStatement: { ARN: elsewhere(group.ARN).replace('rulegroup', 'ipset') } })] });
  await badAcls(acl, changed);
  await refused('DeleteRuleGroup', USED, { ...group.key, LockToken: group.LockToken });
  await refused('DeleteRegexPatternSet', USED, { ...patterns.key, LockToken: patterns.LockToken });
  return acl;
}

async function badAcls(acl, changed) {
  const update = { ...acl.key, LockToken: acl.LockToken, ...changed };
  const managed = (Name, more) => rule('managed', 0, { ManagedRuleGroupStatement: { VendorName: 'AWS', Name, ...more } },
    { OverrideAction: { None: {} } });
  const [one] = changed.Rules;
  for (const [code, Rules, more] of [
    [INVALID, [one, { ...one, Priority: 9 }]],
    [INVALID, [one, { ...one, Name: 'other' }]],
    [INVALID, [{ ...one, Action: undefined }]],
    [INVALID, [{ ...one, OverrideAction: { None: {} } }]],
    ['WAFExpiredManagedRuleGroupVersionException', [managed('AWSManagedRulesCommonRuleSet', { Version: 'Version_0.1' })]],
    [GONE, [managed('AWSManagedRulesOfNobody')]],
    ['WAFSubscriptionNotFoundException', [{
      ...managed('x'), Statement: { ManagedRuleGroupStatement: { VendorName: 'Somebody', Name: 'Rules' } },
    }]],
    ['WAFConfigurationWarningException', [rule('body', 0, {
      SqliMatchStatement: { FieldToMatch: { Body: {} }, TextTransformations: NONE },
    })]],
    [LIMIT, Array.from({ length: 7 }, (_, i) => ({
      ...managed('AWSManagedRulesCommonRuleSet', { ScopeDownStatement: path('/a') }), Name: `m${i}`, Priority: i,
    })).concat(rule('dear', 9, { OrStatement: { Statements: Array.from({ length: 30 }, () => ({
      SqliMatchStatement: { FieldToMatch: { JsonBody: { MatchPattern: { All: {} }, MatchScope: 'ALL', OversizeHandling: 'MATCH' } }, TextTransformations: NONE },
    })) } }))],
  ]) await refused('UpdateWebACL', code, { ...update, Rules }, more);
  await refused('CreateWebACL', INVALID, { Name: 'bad', Scope, VisibilityConfig: visibility('bad'), DefaultAction: {} });
  same('nothing changed', (await call('GetWebACL', acl.key)).LockToken, acl.LockToken);
}

// ---- what uses them ----------------------------------------------------------------------

async function association(acl) {
  const of = { WebACLArn: acl.ARN };
  same('before', await status('/evil'), 200);
  same('no ACL', (await call('GetWebACLForResource', { ResourceArn: balancer })).WebACL, undefined);
  await call('AssociateWebACL', { ...of, ResourceArn: balancer });
  same('blocked', [await status('/evil'), await status('/')], [403, 200]);
  same('ACL', (await call('GetWebACLForResource', { ResourceArn: balancer })).WebACL.ARN, acl.ARN);
  same('resources', (await call('ListResourcesForWebACL', { ...of, ResourceType: 'APPLICATION_LOAD_BALANCER' })).ResourceArns, [balancer]);
  await refused('AssociateWebACL', GONE, { WebACLArn: elsewhere(acl.ARN), ResourceArn: balancer });
  await refused('AssociateWebACL', GONE, { ...of, ResourceArn: balancer.replace(/[0-9a-f]{16}$/, '0123456789abcdef') });
  await refused('AssociateWebACL', INVALID, { ...of, ResourceArn: acl.ARN });
  await refused('DisassociateWebACL', INVALID, { ResourceArn: acl.ARN });
  await refused('GetWebACLForResource', INVALID, { ResourceArn: acl.ARN });
  await refused('ListResourcesForWebACL', GONE, { WebACLArn: elsewhere(acl.ARN) });
  await refused('DeleteWebACL', USED, { ...acl.key, LockToken: acl.LockToken });
}

async function seen(acl) {
  const window = () => ({ StartTime: new Date(Date.now() - 3600e3), EndTime: new Date(Date.now() + 1000) });
  const ask = { WebAclArn: acl.ARN, Scope, RuleMetricName: 'evil', MaxItems: 10 };
  const sampled = await until('a sample', async () => {
    const got = await call('GetSampledRequests', { ...ask, TimeWindow: window() });
    return got.SampledRequests.length ? got : null;
  });
  const [{ Request, Action }] = sampled.SampledRequests;
  same('sample', [Request.URI, Request.Method, Request.ClientIP, Action], ['/evil', 'GET', '127.0.0.1', 'BLOCK']);
  await refused('GetSampledRequests', GONE, { ...ask, TimeWindow: window(), RuleMetricName: 'nobody' });
  await refused('GetSampledRequests', GONE, { ...ask, TimeWindow: window(), WebAclArn: elsewhere(acl.ARN) });
  await refused('GetSampledRequests', SHAPE, { ...ask, TimeWindow: window(), MaxItems: 0 });
  const keys = { Scope, WebACLName: 'acl', WebACLId: acl.key.Id, RuleName: 'rate' };
  same('no keys', (await call('GetRateBasedStatementManagedKeys', keys)).ManagedKeysIPV4.Addresses, []);
  await refused('GetRateBasedStatementManagedKeys', 'WAFUnsupportedAggregateKeyTypeException', { ...keys, RuleName: 'keys' });
  await refused('GetRateBasedStatementManagedKeys', GONE, { ...keys, RuleName: 'nobody' });
}

async function logging(acl) {
  const of = { ResourceArn: acl.ARN };
  const LoggingConfiguration = {
    ...of, LogDestinationConfigs: ['arn:aws:s3:::aws-waf-logs-sdk/a'], RedactedFields: [{ Method: {} }],
    LoggingFilter: {
      DefaultBehavior: 'DROP',
      Filters: [{ Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }] }],
    },
  };
  await refused('GetLoggingConfiguration', GONE, of);
  await refused('DeleteLoggingConfiguration', GONE, of);
  await refused('PutLoggingConfiguration', INVALID, {
    LoggingConfiguration: { ...LoggingConfiguration, LogDestinationConfigs: ['arn:aws:s3:::elsewhere'] },
  }, { Field: 'LOG_DESTINATION' });
  await refused('PutLoggingConfiguration', GONE, { LoggingConfiguration: { ...LoggingConfiguration, ResourceArn: elsewhere(acl.ARN) } });
  const put = (await call('PutLoggingConfiguration', { LoggingConfiguration })).LoggingConfiguration;
  same('filter', put.LoggingFilter, LoggingConfiguration.LoggingFilter);
  same('logging', (await call('GetLoggingConfiguration', of)).LoggingConfiguration, put);
  same('loggings', (await call('ListLoggingConfigurations', { Scope })).LoggingConfigurations, [put]);
  await refused('ListLoggingConfigurations', SHAPE, { Scope, NextMarker: 'no marker' });
  await call('DeleteLoggingConfiguration', of);
}

async function tags({ ARN: ResourceARN }) {
  await call('TagResource', { ResourceARN, Tags: [{ Key: 'b', Value: '2' }] });
  await call('UntagResource', { ResourceARN, TagKeys: ['a'] });
  same('tags', (await call('ListTagsForResource', { ResourceARN })).TagInfoForResource, { ResourceARN, TagList: [{ Key: 'b', Value: '2' }] });
  for (const [action, more] of [['TagResource', { Tags: [{ Key: 'a', Value: '' }] }],
    ['UntagResource', { TagKeys: ['a'] }], ['ListTagsForResource', {}]]) {
    await refused(action, GONE, { ResourceARN: elsewhere(ResourceARN), ...more });
    await refused(action, INVALID, { ResourceARN: 'arn:aws:wafv2:nothing', ...more });
  }
}

async function policies({ ARN: ResourceArn }) {
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: ['wafv2:CreateWebACL', 'wafv2:UpdateWebACL'] }],
  });
  await refused('GetPermissionPolicy', GONE, { ResourceArn });
  await refused('PutPermissionPolicy', 'WAFInvalidPermissionPolicyException', { ResourceArn, Policy: '{}' });
  await call('PutPermissionPolicy', { ResourceArn, Policy });
  same('policy', (await call('GetPermissionPolicy', { ResourceArn })).Policy, Policy);
  await call('DeletePermissionPolicy', { ResourceArn });
  await refused('DeletePermissionPolicy', GONE, { ResourceArn });
}

async function apiKeys() {
  const { APIKey } = await call('CreateAPIKey', { Scope, TokenDomains: ['shop.example'] });
  same('domains', (await call('GetDecryptedAPIKey', { Scope, APIKey })).TokenDomains, ['shop.example']);
  same('keys', (await call('ListAPIKeys', { Scope })).APIKeySummaries.map((k) => k.APIKey), [APIKey]);
  await refused('CreateAPIKey', LIMIT, { Scope, TokenDomains: ['1.example', '2.example', '3.example', '4.example', '5.example', '6.example'] });
  await call('DeleteAPIKey', { Scope, APIKey });
  await refused('DeleteAPIKey', GONE, { Scope, APIKey });
  await refused('GetDecryptedAPIKey', 'WAFInvalidResourceException', { Scope, APIKey: 'nonsense' });
  await refused('ListAPIKeys', SHAPE, { Scope: 'NOWHERE' });
}

async function managed() {
  const of = { Scope, VendorName: 'AWS', Name: 'AWSManagedRulesCommonRuleSet' };
  const found = (await call('ListAvailableManagedRuleGroups', { Scope, Limit: 2 }));
  same('two groups', [found.ManagedRuleGroups.length, typeof found.NextMarker], [2, 'string']);
  const versions = await call('ListAvailableManagedRuleGroupVersions', of);
  same('default', versions.Versions.some((v) => v.Name === versions.CurrentDefaultVersion), true);
  await refused('ListAvailableManagedRuleGroupVersions', GONE, { ...of, Name: 'None' });
  same('capacity', (await call('DescribeManagedRuleGroup', of)).Capacity, 700);
  await refused('DescribeManagedRuleGroup', 'WAFExpiredManagedRuleGroupVersionException', { ...of, VersionName: 'Version_0.1' });
  const every = (await call('DescribeAllManagedProducts', { Scope })).ManagedProducts;
  same('products', (await call('DescribeManagedProductsByVendor', { Scope, VendorName: 'AWS' })).ManagedProducts, every);
  for (const [action, more] of [['ListAvailableManagedRuleGroups', {}], ['DescribeAllManagedProducts', {}], ['DescribeManagedProductsByVendor', { VendorName: 'AWS' }]]) {
    await refused(action, SHAPE, { Scope: 'NOWHERE', ...more });
  }
}

// ---- what only AWS has ----------------------------------------------------------------

async function awsOnly(acl) {
  const range = { StartTime: new Date(Date.now() - 3600e3), EndTime: new Date() };
  const reasons = {
    ListManagedRuleSets: [{ Scope }, /AWS Marketplace/],
    GetManagedRuleSet: [{ Scope, Name: 'a', Id: NOWHERE }, /AWS Marketplace/],
    PutManagedRuleSetVersions: [{ Scope, Name: 'a', Id: NOWHERE, LockToken: NOWHERE }, /AWS Marketplace/],
    UpdateManagedRuleSetVersionExpiryDate: [{
      Scope, Name: 'a', Id: NOWHERE, LockToken: NOWHERE, VersionToExpire: 'a', ExpiryTimestamp: new Date(),
    }, /AWS Marketplace/],
    GenerateMobileSdkReleaseUrl: [{ Platform: 'IOS', ReleaseVersion: '1.0' }, /mobile SDK/],
    GetMobileSdkRelease: [{ Platform: 'IOS', ReleaseVersion: '1.0' }, /mobile SDK/],
    ListMobileSdkReleases: [{ Platform: 'IOS' }, /mobile SDK/],
    GetRevenueStatistics: [{}, /Monetize/],
    GetRevenueStatisticsSummary: [{}, /Monetize/],
    GetRevenueStatisticsTimeSeries: [{}, /Monetize/],
    ListSettlementRecords: [{}, /Monetize/],
    GetTopPathStatisticsByTraffic: [{ WebAclArn: acl.ARN, Scope, TimeWindow: range, Limit: 1, NumberOfTopTrafficBotsPerPath: 1 }, /Bot Control/],
    DeleteFirewallManagerRuleGroups: [{ WebACLArn: acl.ARN, WebACLLockToken: acl.LockToken }, /Firewall Manager/],
  };
  for (const [action, [input, reason]] of Object.entries(reasons)) {
    const error = await refused(action, 'WAFInvalidOperationException', input);
    same(`${action}: a reason`, reason.test(error.message), true);
  }
}

async function main() {
  const both = await sets();
  const group = await groups(both);
  const acl = await acls(group, both);
  await association(acl);
  await seen(acl);
  await logging(acl);
  for (const it of [acl, group, both.addresses, both.patterns]) await tags(it);
  await policies(group);
  await apiKeys();
  await managed();
  await awsOnly(acl);
  await call('DisassociateWebACL', { ResourceArn: balancer });
  same('after', await status('/evil'), 200);
  for (const [kind, it] of [['WebACL', acl], ['RuleGroup', group], ['IPSet', both.addresses], ['RegexPatternSet', both.patterns]]) {
    await remove(kind, it);
    await refused(`Get${kind}`, GONE, it.key);
  }
}

finish(main);
