import '@fontsource-variable/inter/wght.css';
import '@mantine/core/styles.css';
import './console.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const container = document.getElementById('root');
if (container === null) throw new Error('The page has no element for the console');
createRoot(container).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
