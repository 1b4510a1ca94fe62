import { Table, type TableProps } from '@mantine/core';
import classes from './wide-table.module.css';

interface WideTableProps extends TableProps {
  /** What a screen reader calls it. */
  readonly label: string;
  /** Pixels below which it is scrolled sideways. */
  readonly minWidth: number;
}

/** A table that is scrolled sideways where there is too little room for it: with the keyboard too. */
export function WideTable({ label, minWidth, ...table }: WideTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable to be scrolled by keys
    <section className={classes['scroller']} tabIndex={0} aria-label={`${label}, scrollable`}>
      <Table aria-label={label} style={{ minWidth }} {...table} />
    </section>
  );
}
