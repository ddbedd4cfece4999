// SPDX-License-Identifier: Apache-2.0
// A target that speaks HTTP/2: `node target_h2.js [CERT KEY]`, over TLS with a
// certificate. Says its port on standard output, then "asked PATH 0" for each
// request and "reset PATH CODE" for each stream that ends by a reset. What it
// does is in the path:
//
//   /fields     the request's fields as JSON
//   /count      sessions and requests so far, without health checks
//   /echo       the body as it comes, and the request's trailers
//   /hold       nothing
//   /refuse     REFUSED_STREAM; /refuse-once the first time only
//   /leave      "bye", and GOAWAY: it takes no more on this connection
//   /reset      INTERNAL_ERROR before an answer; /cut inside one
//   /big        a body of 3 MB
//   /pkg.Svc/Echo    gRPC: the messages come back, grpc-status 0 behind them
//   /pkg.Svc/Fail    gRPC: trailers only, grpc-status 5
//   /pkg.Svc/Hold    nothing
'use strict';
const fs = require('fs');
const http2 = require('http2');

const {NGHTTP2_REFUSED_STREAM, NGHTTP2_INTERNAL_ERROR} = http2.constants;
const files = process.argv.slice(2);
const sessions = new Set();
let requests = 0;
let refused = false;

function json(stream, value) {
    stream.respond({':status': 200, 'content-type': 'application/json'});
    stream.end(JSON.stringify(value));
}

function echo(stream, fields, trailers) {
    stream.respond(fields, {waitForTrailers: true});
    stream.on('wantTrailers', () => stream.sendTrailers(trailers()));
    stream.pipe(stream);
}

function refuse(stream) {
    refused = true;
    stream.close(NGHTTP2_REFUSED_STREAM);
}

function serve(stream, fields) {
    let came = {};
    stream.on('trailers', (t) => { came = {...t}; });
    switch (fields[':path'].split('?')[0]) {
    case '/fields':
        json(stream, fields);
        break;
    case '/count':
        json(stream, {sessions: sessions.size, requests});
        break;
    case '/echo':
        echo(stream, {':status': 200}, () => ({...came}));
        break;
    case '/refuse':
        refuse(stream);
        break;
    case '/refuse-once':
        if (refused)
            echo(stream, {':status': 200}, () => ({...came}));
        else
            refuse(stream);
        break;
    case '/leave':
        stream.respond({':status': 200});
        stream.end('bye');
        stream.session.close();
        break;
    case '/reset':
        stream.close(NGHTTP2_INTERNAL_ERROR);
        break;
    case '/cut':
        stream.respond({':status': 200, 'content-length': 100});
        stream.write('half');
        setTimeout(() => stream.close(NGHTTP2_INTERNAL_ERROR), 30);
        break;
    case '/big':
        stream.respond({':status': 200});
        stream.end(Buffer.alloc(3000000, 'b'));
        break;
    case '/pkg.Svc/Echo':
        echo(stream, {':status': 200, 'content-type': 'application/grpc'},
            () => ({'grpc-status': '0', 'grpc-message': 'fine'}));
        break;
    case '/pkg.Svc/Fail':
        stream.respond({':status': 200, 'content-type': 'application/grpc',
            'grpc-status': '5', 'grpc-message': 'not here'},
        {endStream: true});
        break;
    default:    // held
        stream.resume();
    }
}

const server = files.length
    ? http2.createSecureServer({cert: fs.readFileSync(files[0]),
        key: fs.readFileSync(files[1]), maxSessionMemory: 1000})
    : http2.createServer({maxSessionMemory: 1000});

server.on('sessionError', () => {});
server.on('stream', (stream, fields) => {
    if (/^ELB-HealthChecker/.test(fields['user-agent'])) {
        json(stream, {});
        return;
    }
    requests++;
    sessions.add(stream.session);
    console.log(`asked ${fields[':path']} 0`);
    stream.on('error', () => {});
    stream.on('close', () => {
        if (stream.rstCode)
            console.log(`reset ${fields[':path']} ${stream.rstCode}`);
    });
    serve(stream, fields);
});
server.listen(0, '127.0.0.1', () => {
    console.log(`port ${server.address().port}`);
});
