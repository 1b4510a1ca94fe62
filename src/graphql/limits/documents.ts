import {
  type DirectiveNode,
  type DocumentNode,
  Kind,
  Lexer,
  OperationTypeNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
  Source,
  TokenKind,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import { type Fragments, fragmentsOf } from '../root-fields.ts';
import { LimitExceededError, type Limits } from './limits.ts';
import { checkMutations } from './sequential.ts';

type DocumentLimits = Pick<
  Limits,
  'maxTokens' | 'maxDepth' | 'maxAliases' | 'maxDirectives' | 'maxComplexity' | 'maxMutations'
>;

/**
 * Refuses documents that are too large, before GraphQL looks for anything else that is wrong with them. It is a part of the
 * parser, so that a document that is sent again is not looked at again.
 *
 * @throws LimitExceededError
 */
export function useDocumentLimits(limits: DocumentLimits): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source, options) => {
        const { body } = typeof source === 'string' ? new Source(source) : source;
        checkText(body, limits);
        const document = parse(body, options);
        checkDocument(document, limits);
        return document;
      });
    },
  };
}

/** Characters of the documents, all together, that a server remembers. What it has parsed takes some hundred times as much. */
const maxRemembered = 1_000_000;

/** The memory for parsed documents: how many they are is not what fills it. */
export function createDocumentCaches() {
  const options = { maxSize: maxRemembered, sizeCalculation: (_: unknown, text: string) => text.length + 1 };
  return {
    documentCache: new LRUCache<string, DocumentNode>(options),
    errorCache: new LRUCache<string, Error>(options),
  };
}

/** What stands between a list and its items. */
const partsOfList = new Set(['edges', 'node']);

/** How deep selections may nest for fields to be as deep as they may: a list takes three, and fragments their share. */
const nestingOf = (maxDepth: number) => 4 * maxDepth;

/** Looks at a document before the parser does, which is recursive: its stack holds some thousand levels. */
function checkText(text: string, { maxTokens, maxDepth }: DocumentLimits): void {
  const maxNesting = nestingOf(maxDepth);
  // The lexer makes a token of each comment too, of all that follow each other at once.
  if (text.split('#', maxTokens + 2).length > maxTokens + 1) throw tooLong('comments', maxTokens);
  const lexer = new Lexer(new Source(text));
  let nesting = 0;
  for (let tokens = 0; lexer.advance().kind !== TokenKind.EOF; ) {
    if (++tokens > maxTokens) throw tooLong('tokens', maxTokens);
    const { kind } = lexer.token;
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) nesting++;
    else if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) nesting--;
    if (nesting > maxNesting) throw tooDeep('The document nests', maxNesting);
  }
}

function checkDocument(document: DocumentNode, limits: DocumentLimits): void {
  const fragments = fragmentsOf(document);
  const measure = createMeasure(fragments, limits.maxDepth);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, aliases, directives, selections, introspections } = measure(definition.selectionSet);
    const allDirectives = directives + countDirectives(definition, ...(definition.variableDefinitions ?? []));
    const costOfSchema = introspections * costOfIntrospection;
    if (depth > limits.maxDepth) throw tooDeep('The fields of the operation nest', limits.maxDepth);
    if (aliases > limits.maxAliases) throw tooMany('aliases', aliases, limits.maxAliases);
    if (allDirectives > limits.maxDirectives) throw tooMany('directives', allDirectives, limits.maxDirectives);
    if (selections > limits.maxTokens) throw tooMany('selections', selections, limits.maxTokens);
    if (costOfSchema > limits.maxComplexity) {
      throw tooMany('introspections', introspections, Math.floor(limits.maxComplexity / costOfIntrospection));
    }
    if (definition.operation === OperationTypeNode.MUTATION) checkMutations(definition, fragments, limits.maxMutations);
  }
}

interface Measure {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  /** A few fragments that spread each other twice make millions, which the answer's cost is reckoned from one by one. */
  readonly selections: number;
  /** How often the schema is asked for, or a type of it. */
  readonly introspections: number;
}

const nothing: Measure = { depth: 0, aliases: 0, directives: 0, selections: 0, introspections: 0 };

/** What asks for the schema, and the fields that the answer may hold: those of `cost.ts` count nothing below it. */
const introspecting = new Set(['__schema', '__type']);
const costOfIntrospection = 20_000;

/**
 * Measures selections as if fragments stood where they are spread. Each fragment is measured once, however often that is;
 * one that spreads itself, which validation refuses, counts nothing there.
 */
function createMeasure(fragments: Fragments, maxDepth: number): (selections: SelectionSetNode) => Measure {
  const known = new Map<string, Measure>();

  function ofSet(set: SelectionSetNode, level: number): Measure {
    // Fragments lead deeper too, without a field.
    if (level > nestingOf(maxDepth)) throw tooDeep('The fields of the operation nest', maxDepth);
    let { depth, aliases, directives, selections, introspections } = nothing;
    for (const selection of set.selections) {
      const part = ofSelection(selection, level + 1);
      depth = Math.max(depth, part.depth);
      aliases += part.aliases;
      directives += part.directives + countDirectives(selection);
      selections += part.selections + 1;
      introspections += part.introspections;
    }
    return { depth, aliases, directives, selections, introspections };
  }

  function ofSelection(selection: SelectionNode, level: number): Measure {
    switch (selection.kind) {
      case Kind.FIELD: {
        const below = selection.selectionSet === undefined ? nothing : ofSet(selection.selectionSet, level);
        const aliases = below.aliases + (selection.alias === undefined ? 0 : 1);
        const isOwnLevel = !partsOfList.has(selection.name.value);
        const introspections = below.introspections + (introspecting.has(selection.name.value) ? 1 : 0);
        return { ...below, depth: below.depth + (isOwnLevel ? 1 : 0), aliases, introspections };
      }
      case Kind.INLINE_FRAGMENT:
        return ofSet(selection.selectionSet, level);
      case Kind.FRAGMENT_SPREAD:
        return ofFragment(selection.name.value, level);
    }
  }

  function ofFragment(name: string, level: number): Measure {
    const measured = known.get(name);
    if (measured !== undefined) return measured;
    const fragment = fragments.get(name);
    if (fragment === undefined) return nothing;
    known.set(name, nothing);
    const inside = ofSet(fragment.selectionSet, level);
    const whole = { ...inside, directives: inside.directives + countDirectives(fragment) };
    known.set(name, whole);
    return whole;
  }

  return (selections) => ofSet(selections, 0);
}

function countDirectives(...nodes: readonly { readonly directives?: readonly DirectiveNode[] | undefined }[]): number {
  return nodes.reduce((count, { directives = [] }) => count + directives.length, 0);
}

function tooLong(what: 'tokens' | 'comments', limit: number): LimitExceededError {
  return new LimitExceededError(
    `The document has more than ${limit} ${what}. Ask for less at once, and pass values as variables.`,
    { limit },
  );
}

function tooDeep(what: string, limit: number): LimitExceededError {
  return new LimitExceededError(`${what} deeper than ${limit} levels. Ask for less at once.`, { limit });
}

function tooMany(
  what: 'aliases' | 'directives' | 'selections' | 'introspections',
  count: number,
  limit: number,
): LimitExceededError {
  return new LimitExceededError(
    `The operation has ${count} ${what}, those of its fragments included, and at most ${limit} are taken. Send several requests.`,
    { [what]: count, limit },
  );
}
