// SPDX-License-Identifier: Apache-2.0
//
// node ws_server.js [CERT.pem KEY.pem]
// Prints "port N"; sends every message back; "close CODE TEXT" closes.
'use strict';

const fs = require('fs');
const http = require('http');
const https = require('https');
const { WebSocketServer } = require('ws');

const [cert, key] = process.argv.slice(2);
const server = cert
  ? https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) })
  : http.createServer();
const sockets = new WebSocketServer({
  server,
  perMessageDeflate: true,
  handleProtocols: (offered) => (offered.has('echo') ? 'echo' : false),
});

sockets.on('connection', (socket, request) => {
  socket.send(`hello ${request.headers['x-forwarded-proto']} ${request.url}`);
  socket.on('message', (data, binary) => {
    const [word, code, ...text] = binary ? [] : data.toString().split(' ');
    if (word === 'close') socket.close(Number(code), text.join(' '));
    else socket.send(data, { binary });
  });
});

server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
