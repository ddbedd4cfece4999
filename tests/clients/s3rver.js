// SPDX-License-Identifier: Apache-2.0
//
// node s3rver.js FOLDER BUCKET...
// Prints "port N": S3 with these buckets, that checks signatures (keys S3RVER,
// S3RVER).
'use strict';

const S3rver = require('@20minutes/s3rver');
const [directory, ...buckets] = process.argv.slice(2);

new S3rver({
  port: 0,
  address: '127.0.0.1',
  directory,
  silent: true,
  configureBuckets: buckets.map((name) => ({ name })),
}).run((error, at) => {
  if (error) throw error;
  console.log(`port ${at.port}`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
