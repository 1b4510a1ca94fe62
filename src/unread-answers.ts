import type { ServerResponse } from 'node:http';

/**
 * Ends the connections whose clients read nothing for so long, while something of an answer waits for them in memory. An
 * answer that is read slowly, one that is not there yet, and a stream that has nothing to tell go on.
 *
 * Node.js itself knows whether a connection makes progress, within a large write too, and closes one whose time-out is
 * over. The time-out is set again and again, by looking whether something waits: it is not to run otherwise, and whoever
 * answers with a stream takes it away.
 *
 * @param running the answers that are not given to their end
 * @returns what ends it
 */
export function endUnread(running: ReadonlySet<ServerResponse>, unreadMs: number): () => void {
  const look = () => {
    for (const { req } of running) {
      const { socket } = req;
      const timeoutMs = socket.writableLength > 0 ? unreadMs : 0;
      if ((socket.timeout ?? 0) !== timeoutMs) socket.setTimeout(timeoutMs);
    }
  };
  const looking = setInterval(look, unreadMs / 10).unref();
  return () => clearInterval(looking);
}
