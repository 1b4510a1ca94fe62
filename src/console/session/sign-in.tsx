import { Button, Center, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { ViewerDocument } from '../../generated/console.ts';
import { type ApiError, toApiError } from '../api/api-error.ts';
import { createApiClient } from '../api/client.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { Logo } from '../ui/logo.tsx';
import { ColorSchemeToggle } from './color-scheme-toggle.tsx';
import { readFarewell, signIn } from './session.ts';
import classes from './sign-in.module.css';

/** Asks for a token, and tries it before it is taken. */
export function SignIn() {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string>();
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    const given = token.trim();
    setError(undefined);
    const flaw = flawOf(given);
    setProblem(flaw);
    if (flaw !== undefined) return;
    setBusy(true);
    const result = await createApiClient(given, () => {}).query(ViewerDocument, {});
    setBusy(false);
    if (!result.error) return signIn(given);
    const failure = toApiError(result.error);
    if (failure.code === 'UNAUTHENTICATED')
      setProblem('The server does not know this token, or it is revoked or expired.');
    else setError(failure);
  }

  return (
    <Center component="main" mih="100vh" p="md">
      <div className={classes['scheme']}>
        <ColorSchemeToggle />
      </div>
      <Paper className={classes['card']} withBorder p="xl" radius="lg">
        <form onSubmit={submit} noValidate>
          <Stack gap="lg">
            <Stack gap="xs" align="center">
              <Logo size={48} />
              <Title order={1} size="h2">
                Sign in to Taproot
              </Title>
              <Text c="dimmed" ta="center">
                With the operator’s token, or with one of your organization.
              </Text>
            </Stack>
            {readFarewell() === 'refused' && problem === undefined && (
              <Text role="status" ta="center" fw={500}>
                You were signed out: your token was revoked or has expired.
              </Text>
            )}
            <PasswordInput
              label="Token"
              placeholder="tap_…"
              autoComplete="off"
              spellCheck={false}
              data-autofocus
              autoFocus
              value={token}
              error={problem}
              aria-invalid={problem !== undefined}
              onChange={(event) => setToken(event.currentTarget.value)}
              description="It is kept in this tab alone, and forgotten when you close it."
              visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the token' }}
            />
            {error && <ErrorPanel error={error} onRetry={() => void submit()} />}
            <Button type="submit" loading={busy} fullWidth size="md">
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}

function flawOf(token: string): string | undefined {
  if (token === '') return 'Paste a token. The server prints the operator’s when it starts.';
  // A header can carry nothing else.
  if (!/^[\x21-\x7e]+$/.test(token)) return 'This is no token: a token has no spaces, and no letters beyond ASCII.';
  return undefined;
}
