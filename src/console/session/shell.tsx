import { Anchor, Badge, Button, Group, Text } from '@mantine/core';
import { LogOut } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Logo } from '../ui/logo.tsx';
import { ColorSchemeToggle } from './color-scheme-toggle.tsx';
import { signOut } from './session.ts';
import classes from './shell.module.css';
import { useViewer } from './viewer-context.ts';

/** What surrounds every page: where home is, who is signed in, and the way out. */
export function Shell({ children }: { children: ReactNode }) {
  const viewer = useViewer();
  return (
    <>
      <Anchor href="#content" className={classes['skip']}>
        Skip to content
      </Anchor>
      <header className={classes['header']}>
        <Link href="/" className={classes['home']} aria-label="Taproot, home">
          <Logo size={28} />
          <Text component="span" fw={700} size="lg">
            Taproot
          </Text>
        </Link>
        <Group gap="xs" wrap="nowrap">
          <Badge variant="light" color="gray" size="lg" tt="none" className={classes['viewer']}>
            {viewer.kind === 'OPERATOR' ? 'Operator' : `Token ${viewer.apiToken?.name ?? ''}`}
          </Badge>
          <ColorSchemeToggle />
          <Button
            variant="subtle"
            color="gray"
            size="compact-sm"
            leftSection={<LogOut size={16} aria-hidden />}
            onClick={() => signOut()}
          >
            Sign out
          </Button>
        </Group>
      </header>
      <main id="content" className={classes['content']} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
