import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from './config.ts';

/**
 * Adds the variables of the file, if there is one, to those of the environment, which win.
 *
 * @throws {ConfigError} when the file cannot be read
 */
export function loadSettingsFile(file: string): void {
  if (!existsSync(file)) return;
  const path = resolve(file);
  if (statSync(file).isDirectory()) {
    throw new ConfigError([`${path} is a directory. Settings are read from a file of that name: move it away.`]);
  }
  try {
    process.loadEnvFile(file);
  } catch {
    // Its error says that there is no such file, whatever the matter is.
    throw new ConfigError([`${path} cannot be read. Let the user that runs the server read it, or move it away.`]);
  }
}
