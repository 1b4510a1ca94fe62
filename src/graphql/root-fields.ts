import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** The fragments of a document, by name. */
export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

export function fragmentsOf({ definitions }: DocumentNode): Fragments {
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}

/**
 * The root fields of an operation in their order, those of its fragments included.
 *
 * @param isIncluded whether a field or a fragment counts where it stands. Left out: all do, whatever their directives say
 */
export function rootFieldsOf(
  { selectionSet }: OperationDefinitionNode,
  fragments: Fragments,
  isIncluded: (selection: SelectionNode) => boolean = () => true,
): FieldNode[] {
  const followed = new Set<string>();
  const fieldsOf = ({ selections }: SelectionSetNode): FieldNode[] =>
    selections.filter(isIncluded).flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet);
      const name = selection.name.value;
      const fragment = fragments.get(name);
      if (fragment === undefined || followed.has(name)) return [];
      followed.add(name);
      return fieldsOf(fragment.selectionSet);
    });
  return fieldsOf(selectionSet);
}

/** The name that a field is answered under. */
export function responseNameOf({ name, alias = name }: FieldNode): string {
  return alias.value;
}

/** Whether a root field changes something. The others are those of introspection. */
export function isMutation({ name }: FieldNode): boolean {
  return !name.value.startsWith('__');
}
