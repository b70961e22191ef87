/** The bounds of a tunnel. Both ends keep them, and refuse a peer that does not. */

/** The version of the frame format. It is in the first byte of each frame. */
export const TUNNEL_VERSION = 1;
/** The subprotocol of the agent's WebSocket. A hub that does not know it refuses the socket. */
export const TUNNEL_PROTOCOL = "rustronaut-tunnel.1";

/** The bytes of a frame before its payload: version and type, and the number of the stream. */
export const FRAME_HEADER = 5;
/** The most payload bytes of one frame of data. Larger bodies are divided, so that streams take turns. */
export const MAX_DATA = 64 * 1024;
/** The most bytes of the head of a request or an answer. Cloudflare allows 128 kB of headers in a request. */
export const MAX_HEAD = 160 * 1024;
/** The longest frame. A WebSocket message that is longer ends the tunnel. */
export const MAX_FRAME = MAX_HEAD + FRAME_HEADER;
/** The most bytes of the text that says why a stream was reset. */
export const MAX_DETAIL = 200;
/** The most bytes of one WebSocket message that goes through a tunnel. Each end must hold a whole message. */
export const MAX_MESSAGE = 8 * 1024 * 1024;

/** What each side may send on a new stream before the other side has granted anything, in bytes of frames. */
export const INITIAL_WINDOW = 64 * 1024 + FRAME_HEADER;
/** The most that one side may be allowed to send without a further grant. */
export const MAX_WINDOW = 4 * 1024 * 1024;
/** The most streams that are open at one time in one tunnel. */
export const MAX_STREAMS = 1_024;
