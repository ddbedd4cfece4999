// SPDX-License-Identifier: Apache-2.0
//
// Targets that speak HTTP/2 by node's own implementation: http2_targets.py
// starts it.
//
//     node http2_targets.js FILE
//
// FILE is JSON, a list of targets: {name, plan, cert, key}; with a cert the
// target speaks TLS. Request n gets what plan[n] says (the last one for ever):
//
//     {status, headers, body, trailers, interim, cut, silent, goaway}
//
// A body of false ends the stream with its head. Standard output has one JSON
// object a line: {name, port} of each target, then what happened to it:
// {name, what: session | request | end | error | closed, session, ...}.
'use strict';

const fs = require('fs');
const http2 = require('http2');

let sessions = 0;

function say(event) {
  process.stdout.write(JSON.stringify(event) + '\n');
}

function answer(stream, step) {
  const head = {':status': step.status || 200, ...step.headers};
  if (step.silent) return;
  if (step.goaway) {
    stream.session.destroy(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
    return;
  }
  for (const status of step.interim || []) {
    stream.additionalHeaders({':status': status, 'x-early': 'yes'});
  }
  if (step.cut) {
    stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    return;
  }
  if (step.body === false && !step.trailers) {
    stream.respond(head, {endStream: true});
    return;
  }
  if (step.trailers) {
    stream.on('wantTrailers', () => stream.sendTrailers(step.trailers));
  }
  stream.respond(head, {waitForTrailers: !!step.trailers});
  stream.end(step.body || undefined);
}

function serve(target) {
  const server = target.cert
      ? http2.createSecureServer({
        cert: fs.readFileSync(target.cert),
        key: fs.readFileSync(target.key),
        minVersion: target.minVersion,
        maxVersion: target.maxVersion,
      })
      : http2.createServer();
  let count = 0;

  server.on('session', (session) => {
    const number = sessions++;
    const socket = session.socket;
    const tell = (what, more) =>
        say({name: target.name, what, session: number, ...more});

    tell('session', {
      alpn: session.alpnProtocol,
      resumed: target.cert ? socket.isSessionReused() : false,
      servername: (target.cert && socket.servername) || null,
    });
    session.on('remoteSettings', (settings) => tell('settings', {settings}));
    session.on('goaway', (code) => tell('goaway', {code}));
    session.on('error', (error) => tell('error', {why: error.code}));
    session.on('close', () => tell('closed', {}));
    session.on('stream', (stream, headers) => {
      const step = target.plan[Math.min(count++, target.plan.length - 1)];
      const body = [];

      tell('request', {headers});
      stream.on('error', (error) => tell('error', {why: error.code}));
      stream.on('data', (data) => body.push(data));
      stream.on('end', () => {
        tell('end', {body: Buffer.concat(body).toString('hex')});
        answer(stream, step);
      });
      stream.on('close', () => tell('over', {code: stream.rstCode}));
    });
  });
  server.on('unknownProtocol', (socket) => socket.destroy());
  server.on('sessionError', () => {});
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1',
                () => say({name: target.name, port: server.address().port}));
}

process.stdin.on('end', () => process.exit(0)).resume();
JSON.parse(fs.readFileSync(process.argv[2], 'utf8')).forEach(serve);
