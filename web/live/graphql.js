// GraphQL over HTTP, and one graphql-transport-ws socket that carries every subscription of the page
// and comes back for ever. The session is a cookie of this origin.

/** What went wrong with a whole operation; `isSignedOut` asks for a new sign-in. */
export class Failure extends Error {
  constructor(message, { code = null, isSignedOut = false } = {}) {
    super(message);
    this.code = code;
    this.isSignedOut = isSignedOut;
  }
}

/** Answers `data` of one query or mutation, or throws a Failure within `timeoutMs`. */
export async function request(query, variables = {}, timeoutMs = 15000) {
  let response;
  try {
    response = await fetch("/graphql", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    throw new Failure("The server does not answer.");
  }
  const { data, errors } = await response.json().catch(() => ({}));
  if (errors?.length) throw operationFailure(errors);
  if (!data) throw new Failure(`The server answered ${response.status}.`);
  return data;
}

/** The answer of a mutation's only field. */
export async function mutate(document, input) {
  return Object.values(await request(document, { input }))[0];
}

function operationFailure(errors) {
  const { message, extensions } = errors[0];
  const code = extensions?.code ?? null;
  return new Failure(message, { code, isSignedOut: code === "UNAUTHENTICATED" });
}

/** Waiting time in ms before try number `attempt`: 0.25 s doubling to 5 s, with jitter. */
export const backoff = (attempt) =>
  Math.min(5000, 250 * 2 ** attempt) * (0.5 + Math.random() / 2);

const OFFLINE_AFTER_MS = 8000;
const SILENCE_MS = 10000;

/**
 * The socket. `onState({ name, since })` tells `live`, `reconnecting` or `offline`, now and at each
 * change; `onSignedOut()` is called once the server no longer knows the session.
 */
export class LiveConnection {
  #onState; #onSignedOut;
  #socket = null; #open = new Map(); #lastId = 0;
  #attempt = 0; #retry = 0; #watch = 0; #fade = 0;
  #isWanted = false; #isReady = false; #isHeard = false;
  state = { name: "reconnecting", since: Date.now() };

  constructor({ onState, onSignedOut }) {
    this.#onState = onState;
    this.#onSignedOut = onSignedOut;
    addEventListener("online", () => this.#connect());
    addEventListener("offline", () => this.#drop());
    addEventListener("pagehide", () => this.#drop());
    addEventListener("pageshow", () => this.#connect());
    document.addEventListener("visibilitychange", () => document.hidden || this.#connect());
  }

  start() {
    this.#isWanted = true;
    this.#say("reconnecting", Date.now());
    this.#fadeOut();
    this.#connect();
  }

  stop() {
    this.#isWanted = false;
    for (const { close } of this.#open.values()) close();
    this.#drop();
  }

  /**
   * Subscribes. `variables` is read again at every renewal: keep its cursor up to date.
   * `onItem(data)` gets each result; `onFailure(failure)` a refused operation; both `onEnd()` and
   * nothing else follow a completed one. Answers `close()`, and `renew()`, which subscribes again
   * after a pause.
   */
  open(query, variables, handlers) {
    const operation = { id: null, query, variables, ...handlers };
    const subscribe = () => {
      this.#open.delete(operation.id);
      operation.id = String(++this.#lastId);
      this.#open.set(operation.id, operation);
      if (this.#isReady) this.#subscribe(operation);
    };
    operation.close = () => {
      if (!this.#open.delete(operation.id)) return;
      if (this.#isReady) this.#tell({ id: operation.id, type: "complete" });
    };
    operation.renew = () => setTimeout(() => {
      if (this.#open.has(operation.id) && this.#isReady) subscribe();
    }, backoff(this.#attempt++));
    subscribe();
    return operation;
  }

  #subscribe({ id, query, variables }) {
    this.#tell({ id, type: "subscribe", payload: { query, variables } });
  }

  #tell(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #connect() {
    clearTimeout(this.#retry);
    if (this.#socket || !this.#isWanted) return;
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/graphql`,
      "graphql-transport-ws");
    this.#socket = socket;
    this.#isHeard = true;
    this.#watch = setInterval(() => this.#listen(), SILENCE_MS);
    socket.onopen = () => this.#tell({ type: "connection_init" });
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = (event) => this.#drop(event.code);
  }

  // A half-open connection never closes by itself: ask, and give up when nothing comes.
  #listen() {
    if (!this.#isHeard) return this.#drop();
    this.#isHeard = false;
    this.#tell({ type: "ping" });
  }

  #take({ id, type, payload }) {
    this.#isHeard = true;
    if (type === "ping") return this.#tell({ type: "pong" });
    if (type === "pong") return void (this.#attempt = 0);
    if (type === "connection_ack") {
      this.#isReady = true;
      this.#live();
      for (const operation of this.#open.values()) this.#subscribe(operation);
      return;
    }
    const operation = this.#open.get(id);
    if (!operation) return;
    if (type === "next" && payload.data) operation.onItem(payload.data);
    else if (type === "complete") operation.onEnd();
    else operation.onFailure(operationFailure(payload.errors ?? payload));
  }

  #drop(code) {
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    if (this.#socket) {
      this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
      this.#socket.close();
    }
    this.#socket = null;
    this.#isReady = false;
    if (!this.#isWanted) return void clearTimeout(this.#fade);
    if (code === 4401) {
      this.stop();
      this.#onSignedOut();
      return;
    }
    this.#lost();
    this.#retry = setTimeout(() => this.#connect(), backoff(this.#attempt++));
  }

  #live() {
    clearTimeout(this.#fade);
    this.#say("live", Date.now());
  }

  #lost() {
    const { name, since } = this.state;
    if (!navigator.onLine) return this.#say("offline", name === "live" ? Date.now() : since);
    if (name !== "live") return;
    this.#say("reconnecting", Date.now());
    this.#fadeOut();
  }

  #fadeOut() {
    clearTimeout(this.#fade);
    this.#fade = setTimeout(() => this.#say("offline", this.state.since), OFFLINE_AFTER_MS);
  }

  #say(name, since) {
    if (name === this.state.name && since === this.state.since) return;
    this.state = { name, since };
    this.#onState(this.state);
  }
}
