/** The mark of Taproot. It says nothing to a screen reader: what it stands beside does. */
export function Logo({ size }: { size: number }) {
  return <img src="/favicon.svg" width={size} height={size} alt="" />;
}
