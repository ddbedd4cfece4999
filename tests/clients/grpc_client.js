// SPDX-License-Identifier: Apache-2.0
//
// node grpc_client.js HOST:PORT CASE [CA.pem [SERVER-NAME]]
// Runs one case (see below) and prints what it saw as one line of JSON.
'use strict';

const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const service = require('./echo.js');

const [address, wanted, ca, name] = process.argv.slice(2);
const Client = grpc.makeGenericClientConstructor(service, 'Echo', {});
const client = new Client(
  address,
  ca ? grpc.credentials.createSsl(fs.readFileSync(ca))
     : grpc.credentials.createInsecure(),
  { 'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.enable_retries': 0,
    ...(name ? { 'grpc.ssl_target_name_override': name,
                 'grpc.default_authority': name } : {}) });

const deadline = (ms) => ({ deadline: Date.now() + ms });

function fault(error) {
  return { code: error.code, details: error.details,
           why: (error.metadata && error.metadata.get('x-why')[0]) || null };
}

function unary(method, bytes, metadata, options) {
  return new Promise((resolve) => {
    const seen = {};
    const call = client[method](bytes, metadata, options, (error, answer) => {
      if (error) seen.fault = fault(error);
      else seen.bytes = answer.length;
      if (!error) seen.same = answer.equals(bytes);
    });
    call.on('metadata', (m) => { seen.head = m.get('x-head')[0] || null; });
    call.on('status', (status) => {
      seen.code = status.code;
      seen.said = status.metadata.get('x-said')[0] || null;
      setImmediate(() => resolve(seen));
    });
  });
}

function said(text) {
  const metadata = new grpc.Metadata();
  metadata.set('x-say', text);
  return metadata;
}

function none() {
  return new grpc.Metadata();
}

function streamed(call, seen, resolve) {
  seen.messages = 0;
  seen.bytes = 0;
  call.on('data', (part) => {
    seen.messages += 1;
    seen.bytes += part.length;
  });
  call.on('error', (error) => { seen.fault = fault(error); });
  call.on('status', (status) => {
    seen.code = status.code;
    seen.count = status.metadata.get('x-count')[0] || null;
    setImmediate(() => resolve(seen));
  });
}

const cases = {
  unary: () => unary('Unary', Buffer.from('hello'), said('hi'), deadline(20000)),
  empty: () => unary('Unary', Buffer.alloc(0), said('hi'), deadline(20000)),
  large: () => unary('Unary', Buffer.alloc(8 << 20, 7), said('x'), deadline(60000)),
  fail: () => unary('Fail', Buffer.from('9 not now'), none(), deadline(20000)),
  deadline: () => unary('Sleep', Buffer.alloc(0), none(), deadline(300)),

  collect: () => new Promise((resolve) => {
    const seen = {};
    const call = client.Collect(none(), deadline(60000), (error, answer) => {
      if (error) seen.fault = fault(error);
      else seen.bytes = answer.length;
    });
    for (let i = 0; i < 64; i += 1) call.write(Buffer.alloc(10000, i));
    call.end();
    call.on('status', (status) => {
      seen.code = status.code;
      setImmediate(() => resolve(seen));
    });
  }),

  count: () => new Promise((resolve) => {
    streamed(client.Count(Buffer.from('500 20000'), none(), deadline(60000)),
             {}, resolve);
  }),

  // One message, its echo, the next one: nothing may wait for the end.
  talk: () => new Promise((resolve) => {
    const seen = {};
    const call = client.Talk(none(), deadline(60000));
    let left = 20;
    streamed(call, seen, resolve);
    call.on('data', () => {
      left -= 1;
      if (left) call.write(Buffer.from(`message ${left}`));
      else call.end();
    });
    call.write(Buffer.from('first'));
  }),

  cancel: () => new Promise((resolve) => {
    const seen = {};
    const call = client.Talk(none(), deadline(60000));
    streamed(call, seen, resolve);
    call.on('data', () => call.cancel());
    call.write(Buffer.from('this'));
  }),

  // Many calls at once on one connection.
  crowd: async () => {
    const results = await Promise.all(Array.from({ length: 300 }, (_, i) =>
      unary('Unary', Buffer.from(`call ${i}`), said(String(i)),
            deadline(60000))));
    return { ok: results.filter((r, i) => r.code === 0 && r.same &&
                                          r.said === String(i)).length };
  },
};

cases[wanted]().then((seen) => {
  console.log(JSON.stringify(seen));
  process.exit(0);
});
