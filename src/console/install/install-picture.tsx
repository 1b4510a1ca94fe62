import { Text, Title } from '@mantine/core';
import { ArrowRight, CornerDownRight, Folder, KeyRound, Lock, LockOpen, Sprout } from 'lucide-react';
import { useId } from 'react';
import { count } from '../ui/words.ts';
import classes from './install-picture.module.css';
import type { Picture, RootCard } from './picture.ts';

/** Roots that are drawn; of more, their number is told. */
const mostRoots = 8;
const mostAdopted = 8;

interface InstallPictureProps {
  readonly before: Picture;
  readonly after: Picture;
  /** What the second half is called: what would be, or what is. */
  readonly afterTitle: string;
}

/** An organization's tree before and after an install, with what hangs on its roots. */
export function InstallPicture({ before, after, afterTitle }: InstallPictureProps) {
  return (
    <div className={classes['picture']}>
      <Half title="Before" picture={before} />
      <ArrowRight size={24} className={classes['arrow']} aria-hidden />
      <Half title={afterTitle} picture={after} />
    </div>
  );
}

function Half({ title, picture }: { title: string; picture: Picture }) {
  const heading = useId();
  const { roots, adopted, adoptedCount } = picture;
  return (
    <section className={classes['half']} aria-labelledby={heading}>
      <Title order={3} size="h6" id={heading} className={classes['title']}>
        {title}
      </Title>
      {roots.length === 0 && (
        <Text size="sm" c="dimmed">
          No roots: the organization is empty.
        </Text>
      )}
      <ul className={classes['list']}>
        {roots.slice(0, mostRoots).map((root) => (
          <li key={root.id}>
            <Card root={root} />
          </li>
        ))}
        {roots.length > mostRoots && <li className={classes['more']}>and {roots.length - mostRoots} more roots</li>}
      </ul>
      {adoptedCount > 0 && (
        <ul className={classes['adopted']} aria-label="Moved below it">
          {adopted.slice(0, mostAdopted).map((name) => (
            <li key={name} className={classes['child']}>
              <CornerDownRight size={16} aria-hidden />
              <Folder size={14} aria-hidden />
              <span className={classes['name']}>{name}</span>
            </li>
          ))}
          {adoptedCount > mostAdopted && (
            <li className={classes['child']}>
              <CornerDownRight size={16} aria-hidden />
              and {adoptedCount - Math.min(adopted.length, mostAdopted)} more
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

function Card({ root }: { root: RootCard }) {
  const { name, isAgent, policy, tokens, plugins, note } = root;
  const open = policy === 'ALLOW_ALL';
  const Policy = open ? LockOpen : Lock;
  return (
    <div className={classes['card']} data-agent={isAgent || undefined}>
      <div className={classes['head']}>
        {isAgent ? <Sprout size={16} aria-hidden /> : <Folder size={16} aria-hidden />}
        <strong className={classes['name']}>{name}</strong>
        {isAgent && <span className={classes['tag']}>Platform agent</span>}
      </div>
      <div className={classes['facts']}>
        <span className={classes['fact']}>
          <KeyRound size={14} aria-hidden />
          {count(tokens, 'token')}
        </span>
        <span className={classes['fact']}>
          <Policy size={14} aria-hidden />
          {open ? 'Admits every plugin' : 'Listed plugins only'}
        </span>
      </div>
      {plugins.length > 0 && (
        <ul className={classes['plugins']} aria-label="Allowlist">
          {plugins.map((plugin) => (
            <li key={plugin.name} className={classes['plugin']}>
              {plugin.name}
              {plugin.merged > 1 && <span className={classes['merged']}> from {plugin.merged}</span>}
            </li>
          ))}
        </ul>
      )}
      {note !== undefined && <p className={classes['note']}>{note}</p>}
    </div>
  );
}
