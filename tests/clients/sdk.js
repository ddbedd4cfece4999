// SPDX-License-Identifier: Apache-2.0
//
// require('./sdk.js')(sdk, client): calls by one of AWS's clients, each answer
// checked against the schemas that the client has.
//   call(action, input)                 the answer
//   refused(action, code, input, more)  must fail with that exception class, and
//                                       have what `more` has: the exception
//   same(what, is, wanted)
//   finish(main)                        runs main() and prints one line of JSON:
//     calls      {action: how often it was answered}
//     faults     {action: {code: how often}} of the calls that were to be refused
//     uncovered  actions of the model that were not called
//     actions    how many there are
//     wrong      answers that are not of the model's shape, or not as expected
'use strict';

// Simple shapes are numbers, 64 and 128 of lists and maps.
const SIMPLE = {
  0: (v) => typeof v === 'string', 1: (v) => typeof v === 'number' && !Number.isNaN(v),
  2: (v) => typeof v === 'boolean', 21: (v) => v instanceof Uint8Array,
  4: (v) => v instanceof Date && !Number.isNaN(v.getTime()),
};

module.exports = (sdk, client) => {
  const seen = { calls: {}, faults: {}, uncovered: [], wrong: [] };

  // ---- shapes -------------------------------------------------------------------
  function list(schema, value, path) {
    if (!Array.isArray(value)) seen.wrong.push(`${path} is no list`);
    else value.forEach((v, i) => check(schema, v, `${path}[${i}]`));
  }

  function map(schema, value, path) {
    for (const [k, v] of Object.entries(value)) check(schema, v, `${path}.${k}`);
  }

  function check(schema, value, path) {
    if (value === undefined) return;
    if (typeof schema === 'function') check(schema(), value, path);
    else if (typeof schema === 'number') {
      if (schema >= 128) map(schema - 128, value, path);
      else if (schema >= 64) list(schema - 64, value, path);
      else if (!(SIMPLE[schema] || (() => true))(value)) {
        seen.wrong.push(`${path}: ${JSON.stringify(value)} is not of kind ${schema}`);
      }
    } else if (schema[0] === 0) check(schema[4], value, path);
    else if (schema[0] === 1) list(schema[4], value, path);
    else if (schema[0] === 2) map(schema[5], value, path);
    else if (schema[0] === 3) {
      for (const k of schema[4].slice(0, schema[6] || 0)) {
        if (value[k] === undefined) seen.wrong.push(`${path}.${k} is missing`);
      }
      for (const k of Object.keys(value)) {
        const i = schema[4].indexOf(k);
        if (i >= 0) check(schema[5][i], value[k], `${path}.${k}`);
        else if (k !== '$metadata') seen.wrong.push(`${path}.${k} is no member`);
      }
    }
  }

  // ---- calls ----------------------------------------------------------------------
  async function call(action, input = {}) {
    const answer = await client.send(new sdk[`${action}Command`](input)).catch((e) => {
      e.message = `${action}: ${e.name}: ${e.message}`;
      throw e;
    });
    check(sdk[`${action}$`][5], answer, action);
    if (!/^[0-9a-f-]{36}$/.test(answer.$metadata.requestId || '')) {
      seen.wrong.push(`${action}: request id ${answer.$metadata.requestId}`);
    }
    seen.calls[action] = (seen.calls[action] || 0) + 1;
    return answer;
  }

  async function refused(action, code, input, more = {}) {
    try {
      await call(action, input);
    } catch (e) {
      seen.faults[action] = seen.faults[action] || {};
      seen.faults[action][e.name] = (seen.faults[action][e.name] || 0) + 1;
      if (e.name !== code) seen.wrong.push(`${action}: ${e.name} instead of ${code}: ${e.message}`);
      else if (sdk[code] && !(e instanceof sdk[code])) seen.wrong.push(`${action}: no ${code}`);
      if (e.$fault !== 'client' && e.$fault !== 'server') seen.wrong.push(`${action}: no fault`);
      for (const [k, v] of Object.entries(more)) same(`${action}: ${code}: ${k}`, e[k], v);
      return e;
    }
    seen.wrong.push(`${action} was not refused with ${code}`);
    return {};
  }

  // Members of an object in the order of their names, bytes as text.
  const sorted = (key, v) => {
    if (v instanceof Uint8Array) return Buffer.from(v).toString('latin1');
    if (!v || typeof v !== 'object' || Array.isArray(v)) return v;
    return Object.fromEntries(Object.entries(v).sort(([x], [y]) => (x < y ? -1 : 1)));
  };

  function same(what, is, wanted) {
    const a = JSON.stringify(is, sorted);
    const b = JSON.stringify(wanted, sorted);
    if (a !== b) seen.wrong.push(`${what}: ${a} instead of ${b}`);
  }

  function finish(main) {
    const actions = Object.keys(sdk).filter((k) => k.endsWith('Command') && k !== '$Command')
      .map((k) => k.slice(0, -'Command'.length));
    main().catch((e) => { seen.wrong.push(e.message || String(e)); }).finally(() => {
      seen.uncovered = actions.filter((a) => !seen.calls[a] && !seen.faults[a]);
      seen.actions = actions.length;
      console.log(JSON.stringify(seen));
    });
  }

  return { call, refused, same, finish };
};
