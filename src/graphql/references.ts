import { getDatamodel } from '../generated/pothos.ts';
import { type WorkspaceKey, workspaceKeyText } from '../workspaces/lineage.ts';

/** A selection of the Prisma plugin, or a part of it. */
type Selection = true | { readonly select?: Readonly<Record<string, unknown>> | undefined };

const lists = new Set(
  Object.values(getDatamodel().datamodel.models).flatMap(({ fields }) =>
    fields.filter(({ isList }) => isList).map(({ name }) => name),
  ),
);

function holdsList(selection: Selection): boolean {
  if (selection === true || selection.select === undefined) return false;
  return Object.entries(selection.select).some(
    ([name, selected]) => lists.has(name) || holdsList(selected as Selection),
  );
}

/**
 * Selects a row that others lead back to, such as their organization, along with them, unless lists are asked for below it:
 * they would be loaded with each row that leads there, and so on below, as often as the lengths of all the lists multiply.
 * Such a row is to be had by its key.
 */
export function alongUnlessLists(relation: string, selection: Selection) {
  return holdsList(selection) ? {} : { [relation]: selection };
}

/** The keys of rows, each as one object for all who ask in a request: what is selected of the row is then loaded once. */
export interface SharedKeys {
  readonly workspace: (key: WorkspaceKey) => WorkspaceKey;
  readonly organization: (id: string) => { readonly id: string };
}

export function createSharedKeys(): SharedKeys {
  return {
    workspace: createShared(({ orgId, id }: WorkspaceKey) => ({ orgId, id }), workspaceKeyText),
    organization: createShared(
      (id: string) => ({ id }),
      (id) => id,
    ),
  };
}

function createShared<Asked, Key>(make: (asked: Asked) => Key, textOf: (asked: Asked) => string) {
  const keys = new Map<string, Key>();
  return (asked: Asked): Key => {
    const text = textOf(asked);
    const key = keys.get(text) ?? make(asked);
    keys.set(text, key);
    return key;
  };
}
