import { ROOT_CONTEXT, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { OrganizationWriter } from '../database/organization-writer.ts';
import type { ActiveContext } from './active-context.ts';

/** Makes a span of each structural write, from when it waits for its turn to its commit. An event tells when its turn came. */
export function traceWrites(tracer: Tracer, active: ActiveContext): (write: OrganizationWriter) => OrganizationWriter {
  return (write) => async (orgId, work) => {
    const parent = active.current() ?? ROOT_CONTEXT;
    const span = tracer.startSpan('write organization', { attributes: { 'taproot.organization.id': orgId } }, parent);
    try {
      return await active.within(parent, span, () =>
        write(orgId, (tx) => {
          span.addEvent('transaction begins');
          return work(tx);
        }),
      );
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };
}
