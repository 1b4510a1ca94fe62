import { MantineProvider } from '@mantine/core';
import { setNonce } from 'get-nonce';
import { useToken } from './session/session.ts';
import { SignIn } from './session/sign-in.tsx';
import { SignedIn } from './session/signed-in.tsx';
import { cssVariables, theme } from './theme.ts';

/** What the page's policy asks of styles that are made in the page. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '';
setNonce(nonce);

export function App() {
  const token = useToken();
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      {token === null ? <SignIn /> : <SignedIn key={token} token={token} />}
    </MantineProvider>
  );
}
