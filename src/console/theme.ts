import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const root: MantineColorsTuple = [
  '#e9f7f0',
  '#d3ecdf',
  '#a6d9bf',
  '#76c59d',
  '#4fb480',
  '#34a46c',
  '#23875a',
  '#1f6b4a',
  '#18553b',
  '#103d2a',
];

const dialogTitle = { fontSize: 'var(--mantine-font-size-lg)', fontWeight: 650 };

export const theme = createTheme({
  primaryColor: 'root',
  primaryShade: { light: 7, dark: 7 },
  colors: { root },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { events: { hover: true, focus: true, touch: true }, openDelay: 300 } },
    Modal: { defaultProps: { centered: true }, styles: { title: dialogTitle } },
    Drawer: { styles: { title: dialogTitle } },
    // Theirs are <header> elements, which a screen reader would take for that of the page.
    ModalHeader: { defaultProps: { component: 'div' } },
    DrawerHeader: { defaultProps: { component: 'div' } },
  },
});

/** Texts that are told from the others by a lighter color still have to be read: at least 4.5 to 1. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5b6570',
    '--mantine-color-placeholder': '#69727d',
    '--mantine-color-error': '#c02626',
    '--mantine-color-anchor': '#18654a',
    '--taproot-line': '#e3e7ea',
    '--taproot-subtle': '#f6f8f7',
    '--taproot-selected': '#e4f3eb',
  },
  dark: {
    '--mantine-color-dimmed': '#a3adb8',
    '--mantine-color-placeholder': '#98a2ad',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-anchor': '#76c59d',
    '--mantine-color-body': '#141817',
    '--taproot-line': '#2c3331',
    '--taproot-subtle': '#1a1f1d',
    '--taproot-selected': '#1d3329',
  },
});
