// Runs a task of tasks.mjs: `node scripts/run.cjs test`. Written in old syntax and checked first of all, so that an old
// Node.js says what is wrong instead of stumbling over syntax that it does not know.
var version = process.versions.node.split('.').map(Number);
var major = version[0];
var minor = version[1];
// The same as "engines" in package.json.
var supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;

if (!supported) {
  console.error('Taproot needs Node.js 20.19, 22.12, 24 or newer. This is ' + process.version + '.');
  process.exit(1);
}

import('./tasks.mjs')
  .then(function (tasks) {
    return tasks.runTask(process.argv[2], process.argv.slice(3));
  })
  .catch(function (error) {
    console.error(error.expected ? error.message : error);
    process.exitCode = 1;
  });
