// Documents of the inbox.

const PRESENCE = "state since at lastSeenAt lastActiveAt activeUntil leaseUntil isProvisional";
const COUNTS = `counts { mine { value isExact } unassigned { value isExact } open { value isExact }
  snoozed { value isExact } closed { value isExact } unread { value isExact } }`;
const TALK = `id state channel subject snoozedUntil waitingSince unreadCount version isLeadTyping
  assignee { id name } viewers { staff { id name } typingInConversationId }`;
const LOOKS = `fragment RowParts on Conversation { ${TALK}
  lastMessage { id text at direction author { name } }
  lead { id displayName presence { ${PRESENCE} } } }`;
const MESSAGE = `id direction channel subject text author { kind name } at isLogged seenAt
  delivery { state since expiresAt }`;

export const INBOX = `subscription Inbox($filter: ConversationFilter, $after: Cursor) {
  inbox(filter: $filter, first: 40, after: $after) { __typename
    ... on InboxSnapshot { cursor conversations { ...RowParts } totalCount { value } ${COUNTS} }
    ... on InboxChanged { cursor conversations { ...RowParts } leftIds order totalCount { value }
      ${COUNTS} }
    ... on ListReset { cursor resetReason } } }
${LOOKS}`;

export const ONE_TALK = `query OneTalk($id: ID!, $after: Cursor) { conversation(id: $id) { ${TALK}
  lead { id displayName viewerCan { sendMessage channels } }
  messages(first: 50, after: $after) { nodes { ${MESSAGE} }
    pageInfo { hasNextPage endCursor } } } }`;

export const REPLIES = `query Replies($lead: ID!, $search: String) {
  cannedReplies(first: 50, search: $search) { nodes { id name body isShared canEdit version
    filled(leadId: $lead) { text missing } } } }`;

const write = (name, type, parts = "") => `mutation ${type}($input: ${type}Input!) {
  ${name}(input: $input) { __typename ${parts} ... on Error { message } } }`;

export const GIVE = write("assignConversation", "AssignConversation", `
  ... on ConflictError { currentVersion conflicts { changedByName changedAt } }`);
export const TURN = write("changeConversationState", "ChangeConversationState");
export const READ = write("markConversationRead", "MarkConversationRead");
export const TYPE = write("setEditing", "SetEditing");
export const SAVE_REPLY = write("saveCannedReply", "SaveCannedReply");
export const REMOVE_REPLY = write("removeCannedReply", "RemoveCannedReply");
