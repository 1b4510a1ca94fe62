import { Center, Loader, Stack } from '@mantine/core';
import { useMemo } from 'react';
import { Provider } from 'urql';
import { Redirect, Route, Switch } from 'wouter';
import { ViewerDocument } from '../../generated/console.ts';
import { createApiClient } from '../api/client.ts';
import { useApiQuery } from '../api/use-api.ts';
import { OrganizationPage } from '../organization/organization-page.tsx';
import { OrganizationsPage } from '../organizations/organizations-page.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { MissingPage } from '../ui/missing-page.tsx';
import { signOut } from './session.ts';
import { Shell } from './shell.tsx';
import { useViewer, ViewerContext } from './viewer-context.ts';

/** Everything behind the sign-in. */
export function SignedIn({ token }: { token: string }) {
  const client = useMemo(() => createApiClient(token, () => signOut('refused', token)), [token]);
  return (
    <Provider value={client}>
      <WithViewer token={token} />
    </Provider>
  );
}

function WithViewer({ token }: { token: string }) {
  const { data, error, reload } = useApiQuery(ViewerDocument, {});
  if (data !== undefined) {
    return (
      <ViewerContext value={data.viewer}>
        <Shell>
          <Pages token={token} />
        </Shell>
      </ViewerContext>
    );
  }
  return (
    <Center component="main" mih="100vh" p="md">
      {error === undefined ? (
        <Loader aria-label="Signing in" />
      ) : (
        <Stack maw={480}>
          <ErrorPanel error={error} onRetry={reload} />
        </Stack>
      )}
    </Center>
  );
}

function Pages({ token }: { token: string }) {
  const { organization } = useViewer();
  return (
    <Switch>
      <Route path="/">
        {organization === null ? <OrganizationsPage /> : <Redirect to={`/organizations/${organization.id}`} replace />}
      </Route>
      <Route path="/organizations/:orgId/*?">
        {({ orgId }) => <OrganizationPage key={orgId} orgId={orgId} token={token} />}
      </Route>
      <Route>
        <MissingPage what="page" />
      </Route>
    </Switch>
  );
}
