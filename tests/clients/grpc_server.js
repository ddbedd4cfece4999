// SPDX-License-Identifier: Apache-2.0
//
// node grpc_server.js [CERT.pem KEY.pem]
// Prints "port N", later "cancelled ..." for each call that its client gave up.
'use strict';

const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const service = require('./echo.js');

function credentials() {
  const [cert, key] = process.argv.slice(2);
  if (!cert) return grpc.ServerCredentials.createInsecure();
  return grpc.ServerCredentials.createSsl(null, [
    { cert_chain: fs.readFileSync(cert), private_key: fs.readFileSync(key) },
  ]);
}

function trailers(entries) {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
}

const methods = {
  // The request's bytes; what it said in x-say comes back as a trailer.
  Unary(call, done) {
    const said = call.metadata.get('x-say')[0] || 'nothing';
    call.sendMetadata(trailers({ 'x-head': 'early' }));
    done(null, call.request, trailers({ 'x-said': String(said) }));
  },

  // All requests' bytes as one message.
  Collect(call, done) {
    const parts = [];
    call.on('data', (part) => parts.push(part));
    call.on('end', () => done(null, Buffer.concat(parts)));
  },

  // "N SIZE": N messages of SIZE bytes.
  Count(call) {
    const [n, size] = call.request.toString().split(' ').map(Number);
    let i = 0;
    const more = () => {
      while (i < n) {
        i += 1;
        if (!call.write(Buffer.alloc(size, i % 256))) {
          call.once('drain', more);
          return;
        }
      }
      call.end(trailers({ 'x-count': String(n) }));
    };
    more();
  },

  // Each message at once.
  Talk(call) {
    let last = '';
    call.on('data', (part) => {
      last = part.toString();
      call.write(part);
    });
    call.on('end', () => call.end());
    call.on('cancelled', () => console.log(`cancelled after ${last}`));
  },

  // "CODE TEXT": that status, without any message.
  Fail(call, done) {
    const [code, ...text] = call.request.toString().split(' ');
    done({ code: Number(code), details: text.join(' '),
           metadata: trailers({ 'x-why': 'asked for' }) });
  },

  // Never answers.
  Sleep(call) {
    call.on('cancelled', () => console.log('cancelled asleep'));
  },
};

const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
server.addService(service, methods);
server.bindAsync('127.0.0.1:0', credentials(), (error, port) => {
  if (error) throw error;
  console.log(`port ${port}`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
