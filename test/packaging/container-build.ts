import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import dockerignoreModule from '@balena/dockerignore';
import { type Copy, DockerfileParser, type Instruction } from 'dockerfile-ast';

// Its types tell of a default export, and it is a CommonJS module that exports the function itself.
const dockerignore = dockerignoreModule as unknown as typeof dockerignoreModule.default;

/** A stage of a Dockerfile: a directory that stands for its file system, and what a container of it runs. */
export interface Stage {
  /** The directory that stands for `/`. */
  readonly root: string;
  workingDirectory: string;
  environment: Record<string, string>;
  user: string;
  command: readonly string[];
  healthCheck: readonly string[];
}

/**
 * Does what the Dockerfile says, as an engine would, in directories instead of layers; what a base image brings is what
 * this machine has. Returns the last stage.
 *
 * @param context the directory with the Dockerfile
 * @param scratch an empty directory for the stages
 * @throws at an instruction that is not known here, and at a step that fails
 */
export async function buildContainer(context: string, scratch: string): Promise<Stage> {
  const dockerfile = DockerfileParser.parse(await readFile(join(context, 'Dockerfile'), 'utf8'));
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const instruction of dockerfile.getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const name = / as (\S+)$/i.exec(argumentsOf(instruction))?.[1] ?? 'last';
      stage = await beginStage(join(scratch, name));
      stages.set(name, stage);
    } else if (stage !== undefined) {
      await carryOut(instruction, stage, { context, stages });
    }
  }
  if (stage === undefined) throw new Error('The Dockerfile has no stage');
  return stage;
}

/** Where a path of the stage lies on this machine. */
export function pathIn(stage: Stage, path: string): string {
  return path.startsWith('/') ? join(stage.root, path) : join(stage.root, stage.workingDirectory, path);
}

async function beginStage(root: string): Promise<Stage> {
  await mkdir(root);
  return { root, workingDirectory: '/', environment: {}, user: 'root', command: [], healthCheck: [] };
}

interface Build {
  readonly context: string;
  readonly stages: ReadonlyMap<string, Stage>;
}

async function carryOut(instruction: Instruction, stage: Stage, build: Build): Promise<void> {
  const text = argumentsOf(instruction);
  switch (instruction.getKeyword()) {
    case 'WORKDIR':
      stage.workingDirectory = text;
      await mkdir(pathIn(stage, text), { recursive: true });
      return;
    case 'COPY':
      return copy(instruction as Copy, stage, build);
    case 'RUN':
      return run(text, stage);
    case 'ENV':
      for (const [, name = '', value = ''] of text.matchAll(/(\w+)=(\S*)/g)) stage.environment[name] = value;
      return;
    case 'USER':
      stage.user = text;
      return;
    case 'CMD':
      stage.command = JSON.parse(text);
      return;
    case 'HEALTHCHECK':
      stage.healthCheck = JSON.parse(text.slice(text.indexOf('[')));
      return;
    case 'EXPOSE':
      return;
    default:
      throw new Error(`What ${instruction.getKeyword()} does is not known here`);
  }
}

async function copy(instruction: Copy, stage: Stage, { context, stages }: Build): Promise<void> {
  const unknown = instruction.getFlags().find((flag) => flag.getName() !== 'from');
  if (unknown) throw new Error(`What --${unknown.getName()} does is not known here`);
  const from = instruction.getFromFlag()?.getValue();
  const origin = from ? stages.get(from) : undefined;
  if (from && origin === undefined) throw new Error(`There is no stage ${from}`);
  const sources = argumentsOf(instruction).split(/\s+/);
  const target = sources.pop() ?? '';
  const filter = origin ? () => true : await readIncluded(context);
  for (const source of sources) {
    const path = origin ? pathIn(origin, source) : join(context, source);
    const isInto = target.endsWith('/') && !(await stat(path)).isDirectory();
    const destination = pathIn(stage, isInto ? join(target, basename(source)) : target);
    await mkdir(dirname(destination), { recursive: true });
    await cp(path, destination, { recursive: true, verbatimSymlinks: true, filter });
  }
}

/** Whether an engine gets to see a file of the context. */
async function readIncluded(context: string): Promise<(path: string) => boolean> {
  const ignored = dockerignore().add(await readFile(join(context, '.dockerignore'), 'utf8'));
  return (path) => !ignored.ignores(relative(context, path).split(sep).join('/'));
}

/** Only where programs and npm's cache are reaches the step, so that nothing else of this machine helps it along. */
async function run(command: string, stage: Stage): Promise<void> {
  const { PATH, HOME, npm_config_cache, npm_config_registry } = process.env;
  const npm = { npm_config_cache, npm_config_registry, npm_config_prefer_offline: 'true' };
  const env = { PATH, HOME, ...npm, ...stage.environment };
  await promisify(execFile)('/bin/sh', ['-c', command], { cwd: pathIn(stage, '.'), env });
}

function argumentsOf(instruction: Instruction): string {
  return instruction.getArgumentsContent() ?? '';
}
