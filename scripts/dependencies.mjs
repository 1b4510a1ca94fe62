import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ExpectedError, execute, root } from './run-tool.mjs';

/**
 * Whether node_modules holds what package-lock.json asks for, on this kind of machine. npm keeps its own account of what
 * it installed, written last, so that an installation that was broken off shows too.
 *
 * @param directory of the package, from the top of the checkout
 */
export function dependenciesAreInstalled(directory = '.') {
  const installed = readPackages(join(directory, 'node_modules/.package-lock.json'));
  const wanted = readPackages(join(directory, 'package-lock.json'));
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || (entry.optional && !isForThisMachine(entry))) return true;
    return installed[path]?.integrity === entry.integrity && existsSync(join(root, directory, path));
  });
}

/** Installs exactly what package-lock.json says, the development tools too, whatever NODE_ENV and npm's settings say. */
export async function installDependencies(directory = '.') {
  const options = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { code, output } = await execute([npmProgram(), ...options, '--loglevel=error', `--prefix=${directory}`]);
  if (code === 0) return;
  const unreachable = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT)\b/.test(output);
  const advice = unreachable
    ? 'The package registry cannot be reached: check the network, and "proxy" and "registry" in `npm config list`.'
    : 'What npm says above tells why.';
  throw new ExpectedError(`${output.trim()}\n\nThe dependencies could not be installed. ${advice}`);
}

function readPackages(path) {
  const file = join(root, path);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/** Packages of prebuilt programs name the machines that they are for. Which libc they need is left to npm. */
function isForThisMachine({ os, cpu, libc }) {
  return Boolean(os?.includes(process.platform) && cpu?.includes(process.arch) && !libc);
}

/** The npm that runs this, or the one that came with Node.js. */
function npmProgram() {
  const running = process.env.npm_execpath;
  if (running?.endsWith('npm-cli.js')) return running;
  const candidates = ['../lib/node_modules/npm/bin/npm-cli.js', 'node_modules/npm/bin/npm-cli.js'];
  const found = candidates.map((path) => join(dirname(process.execPath), path)).find(existsSync);
  if (!found) throw new ExpectedError('npm was not found beside Node.js. Run `npm ci --include=dev` by hand.');
  return found;
}
