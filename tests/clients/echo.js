// SPDX-License-Identifier: Apache-2.0
//
// The gRPC service that server and client share: messages are raw bytes, so no
// .proto file is needed.  One method of each kind, and some that misbehave.
'use strict';

const same = (bytes) => bytes;

function method(name, requestStream, responseStream) {
  return {
    path: `/echo.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

module.exports = {
  Unary: method('Unary', false, false),
  Collect: method('Collect', true, false),
  Count: method('Count', false, true),
  Talk: method('Talk', true, true),
  Fail: method('Fail', false, false),
  Sleep: method('Sleep', false, false),
};
