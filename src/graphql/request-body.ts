import type { IncomingMessage } from 'node:http';
import { refusal } from './refusal.ts';

/**
 * The body of a request as text. It is read from Node.js itself, where the server is one of Node.js: through the streams
 * that the Fetch API makes of it, reading a small body takes longer than all else of its request together.
 *
 * @param maxBytes of which it may have this many
 * @throws GraphQLError with HTTP status 413 when it is larger; what is left is not read. With 400 when it breaks off: there
 * is nobody left to be told, and it must not pass for a connection of ours that broke.
 */
export async function readBody(message: IncomingMessage, maxBytes: number): Promise<string> {
  if (Number(message.headers['content-length']) > maxBytes) throw tooLarge();
  // Who has gone by now would be waited for in vain.
  if (message.destroyed) throw brokenOff();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= maxBytes) return;
      message.off('data', take).pause();
      reject(tooLarge());
    };
    message.on('data', take);
    message.once('end', () => resolve(Buffer.concat(chunks).toString()));
    message.once('error', () => reject(brokenOff()));
  });
}

const brokenOff = () => refusal(400, 'The body of the request broke off.');

const tooLarge = () => refusal(413, 'The body of the request is too large. Send it in parts.');
