// A panel of the card, and the chat. Each part is `{ element, update(lead) }`.

import { EARLIER_MESSAGES } from "./documents.js";
import { earlierPart } from "./earlier.js";
import { fill, h, moment, words } from "./elements.js";
import { popUpPart } from "./popup.js";

export function panel(title, ...children) {
  return h("section", { class: `panel ${title.toLowerCase()}` }, h("h3", {}, title), ...children);
}

export const emptyLine = (text) => h("p", { class: "empty" }, text);

/** Enter sends, Shift and Enter begins a new line; not while a word is being composed. */
function submitOnEnter(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}

/** The chat with the lead, what waits in the outbox, and a form for pop-ups. */
export function chatPanel(context) {
  const { leadId, outbox, perform, serverNow, drafts } = context;
  const empty = emptyLine("No messages yet. What the visitor writes appears here at once.");
  const list = h("ol", { class: "messages", "data-testid": "messages" });
  const pending = h("ol", { class: "messages pending" });
  const earlier = earlierPart(context, { tab: "messages", document: EARLIER_MESSAGES, list });
  const log = h("div", { class: "log", role: "log", tabindex: "0", "aria-label": "Messages" },
    earlier.element, empty, list, pending);
  const input = h("textarea", { rows: "2", maxlength: "20000", "aria-label": "Answer in the chat",
    placeholder: "Answer in the chat", "data-testid": "chat-input", onkeydown: submitOnEnter });
  const send = h("button", { class: "primary", "data-testid": "chat-send" }, "Send");
  const form = h("form", { class: "composer", onsubmit: submit }, input, send);
  drafts.keep("chat", input);
  const state = h("span", { class: "soft" });
  const typing = typingLine("lead-types");
  const closed = h("p", { class: "soft note" });
  const popUp = popUpPart(leadId, perform, serverNow);
  const element = panel("Chat", state, log, typing.element, form, closed, popUp.element);

  function submit(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    drafts.forget("chat");
    outbox.add(leadId, text);
    toEnd();
  }

  const toEnd = () => { log.scrollTop = log.scrollHeight; };

  function update(lead) {
    const toBottom = log.scrollHeight - log.scrollTop;
    const isNearEnd = toBottom - log.clientHeight < 60;
    const [first] = list.children;
    outbox.settle(lead.messages);
    const waiting = outbox.of(leadId);
    const carried = lead.messages.filter(({ isLogged }) => !isLogged);
    fill(list, carried.reverse(), ({ id }) => id, makeMessage);
    pending.replaceChildren(...waiting.map(makeWaiting));
    empty.hidden = carried.length + waiting.length > 0;
    const conversation = lead.conversations.find(({ channel }) => channel === "CHAT");
    state.textContent = conversation ? words(conversation.state) : "";
    typing.tell(lead.isTyping, lead.displayName);
    const mayWrite = lead.viewerCan.sendMessage && lead.viewerCan.channels.includes("CHAT");
    form.hidden = !mayWrite;
    popUp.update(lead);
    closed.textContent = mayWrite ? "" : "The chat does not reach this lead now.";
    earlier.update(lead);
    if (first && list.firstElementChild !== first) log.scrollTop = log.scrollHeight - toBottom;
    else if (isNearEnd) toEnd();
  }

  function makeWaiting(item) {
    const told = item.refusal ? h("small", {}, `Not sent: ${item.refusal} `,
      h("button", { class: "link", type: "button", onclick: () => outbox.discard(item.key) },
        "Discard")) : h("small", {}, "sending …");
    return h("li", { class: "to-lead" }, item.text, told);
  }

  return { element, update };
}

/** A line that says that the lead types: `{ element, tell(isTyping, name) }`. */
export function typingLine(testId) {
  const element = h("p", { class: "typing-line", role: "status", "data-testid": testId });

  function tell(isTyping, name) {
    const text = isTyping ? `${name} is typing …` : "";
    if (element.textContent !== text) element.textContent = text;
  }

  return { element, tell };
}

function makeMessage(message) {
  const { id, channel, subject, text, link, author, at } = message;
  const isOwn = message.direction === "FROM_LEAD";
  const via = channel === "POPUP" ? " · Pop-up" : "";
  const told = progress(message);
  return h("li", { class: isOwn ? "from-lead" : "to-lead", data: { id } },
    channel === "POPUP" && subject && h("b", {}, subject), text,
    link && h("span", { class: "where" }, `${link.text}: ${link.url}`),
    h("small", { "data-testid": "message-note" }, `${author.name} · `, moment(at), via,
      told && ` · ${told}`));
}

function progress({ channel, delivery, seenAt }) {
  const state = delivery?.state;
  if (state === "OPENED") return `seen ${moment(seenAt)}`;
  if (state === "CLICKED") return `seen ${moment(seenAt)}, button followed ${moment(delivery.since)}`;
  if (channel !== "POPUP") return null; // a chat waits without an end
  if (state === "EXPIRED") return "not seen in time";
  return state === "DELIVERED" ? "arrived" : state && `waits until ${moment(delivery.expiresAt)}`;
}
