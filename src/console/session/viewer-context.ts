import { createContext, useContext } from 'react';
import type { ViewerQuery } from '../../generated/console.ts';

export type Viewer = ViewerQuery['viewer'];

export const ViewerContext = createContext<Viewer | null>(null);

/** Who is signed in. */
export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (viewer === null) throw new Error('Nobody is signed in around this component');
  return viewer;
}
