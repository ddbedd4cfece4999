// SPDX-License-Identifier: Apache-2.0
//
// node ws_client.js URL CASE [CA.pem]
// Runs one case and prints what it saw as one line of JSON.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const WebSocket = require('ws');

const [url, wanted, ca] = process.argv.slice(2);

function open(protocols, options) {
  return new WebSocket(url, protocols,
    { ...(ca ? { ca: fs.readFileSync(ca) } : {}), ...options });
}

const cases = {
  // The greeting, three messages back, then a close that the server began.
  talk: () => new Promise((resolve) => {
    const socket = open('echo', {});
    const seen = { messages: [] };
    socket.on('message', (data) => {
      seen.messages.push(data.toString());
      if (seen.messages.length < 4) socket.send(`message ${seen.messages.length}`);
      else socket.send('close 4001 that is all');
    });
    socket.on('open', () => { seen.protocol = socket.protocol; });
    socket.on('close', (code, why) => resolve({ ...seen, code, why: why.toString() }));
    socket.on('error', (error) => resolve({ ...seen, error: error.message }));
  }),

  // 64 binary messages of up to 1 MiB, all under way at once.
  bulk: () => new Promise((resolve) => {
    const socket = open('echo', { perMessageDeflate: false });
    const sent = Array.from({ length: 64 }, (_, i) =>
      crypto.randomBytes(i % 8 === 0 ? 1 << 20 : 1 + i * 997));
    let good = 0;
    let next = -1;
    socket.on('open', () => sent.forEach((m) => socket.send(m)));
    socket.on('message', (data, binary) => {
      if (next >= 0 && binary && data.equals(sent[next])) good += 1;
      next += 1;
      if (next === sent.length) socket.close(1000);
    });
    socket.on('close', (code) => resolve({ good, code }));
    socket.on('error', (error) => resolve({ good, error: error.message }));
  }),

  ping: () => new Promise((resolve) => {
    const socket = open([], {});
    socket.on('open', () => socket.ping('are you there'));
    socket.on('pong', (data) => { resolve({ pong: data.toString() }); });
    socket.on('error', (error) => resolve({ error: error.message }));
  }),
};

cases[wanted]().then((seen) => {
  console.log(JSON.stringify(seen));
  process.exit(0);
});
